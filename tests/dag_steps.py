"""Steps of `hopgym/DagSearch-v0` made by hand, as the environment records them."""

from hopgym.core import Hit, Span, Step, Trajectory

NODES = {
    "A": ("Who directed Vel?", "General"),
    "B": ("Where was {A} born?", "News"),
    "C": ("Which river is in {B}?", "General"),
}
EDGES = (("A", "B"), ("B", "C"))


def layers_of(labels, edges):
    """Labels by the length of the longest way to them."""
    depth = dict.fromkeys(labels, 0)
    for _ in depth:
        for parent, child in edges:
            depth[child] = max(depth[child], depth[parent] + 1)
    return [
        [label for label in depth if depth[label] == level]
        for level in range(max(depth.values()) + 1)
    ]


def make_plan_step(nodes=None, edges=EDGES, found=None, asked=None, **changes):
    """An accepted plan.

    Args:
        nodes: `{label: (query, tool)}`.
        edges: `(parent, child)`.
        found: `{label: [(document id, whether it is new)]}`; two of each, one new, by default.
        asked: `{label: query}` after substitution, where it is not as written.
    """
    nodes = dict(NODES if nodes is None else nodes)
    layers = layers_of(nodes, edges)
    asked = {label: query for label, (query, _) in nodes.items()} | dict(asked or {})
    order = [label for layer in layers for label in layer]
    if found is None:
        found = {label: [(f"{label.lower()}1", True), ("shared", False)] for label in order}
    records = [
        {"label": label, "query": query, "tool": tool, "source": tool, "asked": asked[label]}
        for label, (query, tool) in nodes.items()
    ]
    edges = [list(edge) for edge in edges]
    parsed = {"kind": "plan", "analysis": "", "nodes": records, "edges": edges, "layers": layers}
    hits = tuple(
        Hit(document, 2.0 - place, order.index(label), new)
        for label in order
        for place, (document, new) in enumerate(found.get(label, ()))
    )
    queries = tuple(asked[label] for label in order)
    base = {"index": 1, "action": "<search>…</search>", "observation": "<result>…</result>"}
    return Step(**{**base, "parsed": parsed, "queries": queries, "hits": hits, **changes})


def make_dag_trajectory(*steps, question_id="q0", answer="Ull"):
    """The plan steps, then an answer."""
    steps = steps or (make_plan_step(asked={"B": "Where was Ada Orm born?"}),)
    last = Step(len(steps) + 1, answer, {"kind": "answer", "analysis": "", "text": answer})
    transcript, spans = "", []
    for piece, author in [
        pair
        for step in (*steps, last)
        for pair in ((str(step.action), "agent"), (step.observation, "env"))
        if pair[0]
    ]:
        spans.append(Span(len(transcript), len(transcript) + len(piece), author))
        transcript += piece
    return Trajectory(
        question_id,
        "hopgym/DagSearch-v0",
        0,
        (*steps, last),
        answer,
        tuple(spans),
        transcript,
        "answered",
    )
