"""Episodes of `hopgym/DagSearch-v0` for the reward tests, written down as it records them."""

from hopgym.core import Hit, Question, Span, Step, Trajectory
from hopgym.rewards.answer import exact_match
from hopgym.rewards.judges import ProcessVerdict, Verdict

QUESTION = Question(
    "q",
    "Where was the director of Vel born?",
    ("Tessa", "Tessa Town"),
    document_ids=("d1", "d2"),
)
GOOD = {"A": ("director of Vel", "General"), "B": ("birthplace of {A}", "News")}
HALF = ProcessVerdict(0.5, 0.5, 0.5)
CONSTANT = {"A": ("famous people", "General")}


class EmJudge:
    """Judges by exact match; notes the batches that it was asked."""

    name = "em"
    fingerprint = "em"

    def __init__(self, unscored=(), process=HALF):
        self.batches = []
        self.unscored = unscored
        self.process_verdict = process

    def outcome(self, claims):
        return self._judge("outcome", claims)

    def semantic(self, claims):
        return self._judge("semantic", claims)

    def process(self, claims):
        self.batches.append(("process", list(claims)))
        return [self.process_verdict for _ in claims]

    def _judge(self, method, claims):
        self.batches.append((method, list(claims)))
        return [
            Verdict(0.0, "out of reach", unscored=True)
            if claim.answer in self.unscored
            else Verdict(exact_match(claim.answer, claim.golds), "by exact match")
            for claim in claims
        ]


def plan(nodes=None, found=None, known=()):
    """An accepted plan.

    `nodes` is `{label: (query, source)}`, all in one layer; `found` is `{label: document ids}`, by
    default one of its own each; `known` are the ids that had been shown before.
    """
    nodes = nodes or GOOD
    found = {label: (f"d{label}",) for label in nodes} if found is None else found
    shown, hits = set(known), []
    for place, label in enumerate(nodes):
        for id in found.get(label, ()):
            hits.append(Hit(id, 1.0, place, id not in shown))
            shown.add(id)
    records = [
        {"label": label, "query": query, "tool": tool, "source": tool, "asked": query}
        for label, (query, tool) in nodes.items()
    ]
    edges = [
        [parent, child] for child in nodes for parent in nodes if f"{{{parent}}}" in nodes[child][0]
    ]
    parsed = {"kind": "plan", "analysis": "a", "nodes": records, "edges": edges}
    parsed["layers"] = [[*nodes]]
    lines = "".join(f"{label}: {query} ({tool})\n" for label, (query, tool) in nodes.items())
    return Step(
        0,
        f"<think>a</think>\n<search>\nNodes:\n{lines}Edges:\n</search>",
        parsed,
        "\n<result>\nNode A (General): [Vel] Text.\n</result>\n",
        tuple(query for query, _ in nodes.values()),
        tuple(hits),
    )


def answer(text):
    return Step(0, f"<answer>{text}</answer>", {"kind": "answer", "analysis": "", "text": text})


def refused(code, action="?"):
    return Step(0, action, observation="\nThat action is not valid.\n", parse_error=code)


def episode(*steps):
    """The episode of these steps; how it stands, the last one says."""
    last = steps[-1]
    outcome, prediction = "running", None
    if last.parse_error:
        outcome = "malformed"
    elif last.parsed["kind"] == "answer":
        outcome, prediction = "answered", last.parsed["text"]
    transcript, spans = "Question: Where was the director of Vel born?\n", []
    spans.append(Span(0, len(transcript), "env"))
    for step in steps:
        for text, author in ((step.action, "agent"), (step.observation, "env")):
            spans.append(Span(len(transcript), len(transcript) + len(text), author))
            transcript += text
    return Trajectory(
        "q", "hopgym/DagSearch-v0", 0, steps, prediction, tuple(spans), transcript, outcome
    )


def answered(text, nodes=None, **changes):
    """A plan and an answer."""
    return episode(plan(nodes, **changes), answer(text))
