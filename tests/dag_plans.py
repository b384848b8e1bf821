"""Random turns of DagSearch, valid and broken, for the tests of its grammar and its environment.

`valid_plan` builds a plan and says what it should be read as; `MUTATIONS` and `ANSWER_MUTATIONS`
make, for each code, a turn that must be refused with it. All take a `random.Random`.
"""

# ruff: noqa: RUF001 (full-width punctuation is what is tested)

import random
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

from hopgym.envs.grammars.text import count_words
from hopgym.envs.plans import Node

TOOLS = {
    "General": ("General", "general", "GENERAL", "search", "Web", "google"),
    "News": ("News", "news", "新闻", "GNews"),
    "Academy": ("Academy", "academy", "学术", "arXiv", "Scholar"),
}
WORDS = (
    *("director", "of", "Vel", "born", "in", "the", "founder", "city", "北京", "Zürich", "C++"),
    *(
        "R&D",
        "(band)",
        "50%",
        "1939-45",
        "film:",
        "who's",
        "a/b",
        "x,y",
        "[sic]",
        "東京,大阪",
        "B:",
    ),
    *("#tag", "{ab}", "F#A", "=>", "&lt;", "?"),
)
WIDE = {
    **{",": "，、", ";": "；", ":": "：", "(": "（", ")": "）", "[": "［【", "]": "］】"},
    **{"{": "｛", "}": "｝", "#": "＃", ">": "＞", "-": "－", "=": "＝", " ": "\u3000"},
}
ARROWS = ("->", "->", "→", "=>", "-->", "⇒")
THOUGHTS = (
    "I search.",
    "First A, then B.\nSo two steps.",
    "先查导演，再查出生地。",
    "1 < 2; a -> b",
)


class Drawn(NamedTuple):
    """A plan turn and what it says."""

    text: str
    block: str
    nodes: list[Node]
    edges: set[tuple[str, str]]
    """Written and implied by placeholders."""


def labels(rng, count):
    return rng.sample("ABCDEFGHIJKLMNOPQRSTUVWXYZ", count)


def query(rng, parents=(), most=10):
    """Some words, with a placeholder for each of the parents."""
    words = rng.choices(WORDS, k=rng.randint(1, max(1, most - len(parents))))
    words[0] = rng.choice(("director", "北京", "7"))  # something to search for
    for parent in parents:
        form = rng.choice((f"{{{parent}}}", f"#{parent}", f"({{{parent}}})", f"#{parent}'s"))
        words.insert(rng.randint(0, len(words)), form)
    spare = [place for place, word in enumerate(words) if place and word in WORDS]
    while spare and count_words(" ".join(words)) > most:  # glued words count
        del words[spare.pop()]
    return " ".join(words)


def graph(rng, least=1, most=8):
    """Nodes in any order, written edges, and all edges."""
    names = labels(rng, rng.randint(least, most))
    density = rng.choice((0.0, 0.15, 0.3, 0.6))
    written, every, nodes = [], set(), []
    for place, child in enumerate(names):
        parents = [parent for parent in names[:place] if rng.random() < density]
        implied = [parent for parent in parents if rng.random() < 0.4][:4]
        every |= {(parent, child) for parent in parents}
        written += [(p, child) for p in parents if p not in implied or rng.random() < 0.5]
        nodes.append(Node(child, query(rng, implied), rng.choice(tuple(TOOLS))))
    rng.shuffle(nodes)
    rng.shuffle(written)
    return nodes, written, every


def chains(rng, edges):
    """The edges as text, some of them joined to chains, some of them twice."""
    rest = list(edges)
    while rest:
        chain = list(rest.pop())
        while following := [edge for edge in rest if edge[0] == chain[-1] and rng.random() < 0.6]:
            rest.remove(following[0])
            chain.append(following[0][1])
        for _ in range(rng.choice((1, 1, 1, 2))):
            text = chain[0]
            for end in chain[1:]:
                gap = rng.choice(("", " ", "  "))
                text += gap + rng.choice(ARROWS) + gap + end
            yield text


def widened(rng, text):
    """Text with some of its punctuation in full width."""
    share = rng.choice((0.0, 0.0, 0.3, 1.0))
    return "".join(
        rng.choice(WIDE[mark]) if mark in WIDE and rng.random() < share else mark for mark in text
    )


def block(rng, nodes, edges):
    """What stands inside `<search>`, with punctuation as models write it."""
    lines = [rng.choice(("Nodes:", "nodes :", "NODES:", "节点:", ""))]
    for node in nodes:
        opening, closing = rng.choice(("()", "()", "[]"))
        tool = rng.choice(TOOLS.get(node.tool, (node.tool,)))
        colon = rng.choice((": ", ":", " : "))
        line = f"{node.label}{colon}{node.query} {opening}{tool}{closing}"
        if rng.random() < 0.1 and lines[-1]:
            lines[-1] = f"{lines[-1]}; {line}" if lines[-1][-1] in ")]" else f"{lines[-1]} {line}"
        else:
            lines.append(line + rng.choice(("", "", ";", " ;")))
    if edges:
        head = rng.choice(("Edges:", "edges:", "EDGES :", "边:"))
        between = rng.choice((" ; ", ";", "\n", ", "))
        lines += [head, between.join(chains(rng, edges))]
    else:
        lines.append(rng.choice(("Edges:", "Edges: none", "Edges:\nNone", "")))
    text = rng.choice(("\n", "\n\n", "\n  ")).join(lines)
    return widened(rng, text)


def turn(rng, inner, thought=None):
    """A plan turn around a block."""
    thought = rng.choice(THOUGHTS) if thought is None else thought
    gap, edge = rng.choice(("", "\n", "\n\n")), rng.choice(("", "\n"))
    before, after = rng.choice(("", "\n", "So: ")), rng.choice(("", "\n", " \n"))
    return f"{before}<think>{thought}</think>{gap}<search>{edge}{inner}{edge}</search>{after}"


def written(rng, nodes, edges):
    return turn(rng, block(rng, nodes, edges))


def valid_plan(rng, least=1, most=8):
    """A plan turn that must be read, with what it says."""
    nodes, edges, every = graph(rng, least, most)
    inner = block(rng, nodes, edges)
    return Drawn(turn(rng, inner), inner, nodes, every)


def plans(least=1, most=8):
    """Strategy: `Drawn` plans."""
    return st.randoms(use_true_random=False).map(lambda rng: valid_plan(rng, least, most))


def valid_plan_text(least=1, most=8):
    """Strategy: the texts of valid plan turns."""
    return plans(least, most).map(lambda drawn: drawn.text)


def valid_answer(rng):
    thought = rng.choice(("", "<think>Both say so.</think>\n"))
    return f"{thought}<answer>{rng.choice(('Lyon', ' 1815 ', '北京', '$'))}</answer>"


RESULTS = (
    *(
        "<result>",
        "</result>",
        "<r>",
        "< / R >",
        "<RESULT>",
        "< result >",
        "<results>",
        "<result/>",
    ),
    *(
        "＜result＞",
        "‹result›",
        "⟨r⟩",
        "<re\u200bsult>",
        "〈/result〉",
        "<result x=1>",
        "<|result|>",
    ),
    *("＜ｒｅｓｕｌｔ＞", "<\nresult>", "＜ｒ\u200dｅsult＞"),
)


def inserted(rng, text, pieces):
    place = rng.randint(0, len(text))
    return text[:place] + rng.choice(pieces) + text[place:]


def _without_a_tag(rng, text, tags):
    tag = rng.choice([tag for tag in tags if tag in text])
    return text.replace(tag, "", 1)


def _order(rng):
    think, search = "<think>a</think>", f"<search>{valid_plan(rng).block}</search>"
    return rng.choice(
        (
            search + think,
            think + search + search,
            think + think + search,
            think + search + think,
            f"{think}{search}<answer>Lyon</answer>",
            f"{think}<answer>Lyon</answer>{search}",
            f"{think}<answer>Lyon</answer>",
            "<answer>Lyon</answer>",
        )
    )


def _nested(rng):
    inner = valid_plan(rng).block
    return rng.choice(
        (
            f"<think>a<search>{inner}</search></think>",
            f"<think>a</think><search><think>b</think>{inner}</search>",
            f"<think>a<search></think>{inner}</search>",
            f"<think>a</think><search>{inner}<search></search></search>",
        )
    )


def _bad_node(rng):
    nodes, _, _ = graph(rng, 2, 7)
    first, last = nodes[0].label, nodes[-1].label
    plain = "\n".join(f"{node.label}: {node.query} ({node.tool})" for node in nodes)
    return turn(
        rng,
        rng.choice(
            (
                f"{plain}\nAB: two letters (News)",
                f"{plain}\na: small (News)",
                f"{plain}\n1: one (News)",
                f"{plain}\nQ: no tool",
                f"{plain}\nQ: half a tool (News",
                f"{plain}\nQ no colon (News)",
                f"- {plain}",
                f"**Nodes:**\n{plain}",
                f"{plain}\nI hope that helps.",
                f"{plain}\n{first} -> {last}",
                f"Nodes:\n{plain}\nNodes:\n{plain}",
                f"Edges:\n{first} -> {last}\nNodes:\n{plain}",
                f"{plain}\nEdges:\n{first} -> {last}\nEdges: none",
                f"{plain}\nEdges: {first}",
                f"{plain}\nEdges: {first} ->",
                f"{plain}\nEdges: {first} -> foo",
                f"{plain}\nEdges: {first} {last}",
                f"{plain}\nEdges: {first} <- {last}",
                f"{plain}\nEdges:\nQ: a node (News)",
            )
        ),
    )


def _too_many(rng):
    return written(rng, *graph(rng, 9, 14)[:2])


def _with_node(rng, change):
    """A plan with one more node, made of one of the others."""
    nodes, edges, _ = graph(rng, 1, 7)
    unused = rng.choice(sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {node.label for node in nodes}))
    nodes.insert(rng.randint(0, len(nodes)), change(rng.choice(nodes).label, unused))
    return written(rng, nodes, edges)


def _with_edges(rng, change):
    nodes, edges, _ = graph(rng, 2, 8)
    return written(rng, nodes, [*edges, *change(labels_of(nodes), rng)])


def labels_of(nodes):
    return [node.label for node in nodes]


def _unknown_label(rng):
    missing = "Z" if rng.random() < 0.5 else "Q"
    nodes, edges, _ = graph(rng, 1, 7)
    nodes = [n for n in nodes if n.label != missing] or [Node("A", "director", "News")]
    known = set(labels_of(nodes))
    nodes = [n._replace(query="director") for n in nodes]
    edges = [edge for edge in edges if known.issuperset(edge)]
    if rng.random() < 0.5:
        edges.insert(rng.randint(0, len(edges)), (nodes[0].label, missing)[:: rng.choice((1, -1))])
    else:
        nodes[-1] = nodes[-1]._replace(
            query=rng.choice((f"born {{{missing}}}", f"#{missing}", "born {a}", "{ z }"))
        )
    return written(rng, nodes, edges)


def _self_loop(rng):
    if rng.random() < 0.5:
        return _with_edges(rng, lambda names, rng: [rng.choice(names) * 2])
    return _with_node(
        rng, lambda _, new: Node(new, rng.choice((f"#{new}", f"a {{{new}}}")), "News")
    )


def _cycle(rng):
    def around(names, rng):
        names = rng.sample(names, rng.randint(2, len(names)))
        return [*pairwise(names), (names[-1], names[0])]

    if rng.random() < 0.6:
        return _with_edges(rng, around)
    nodes = [Node("A", "director {B}", "News"), Node("B", "city #A", "General")]
    return written(rng, nodes, [])


def _query_too_long(rng):
    long = rng.choice((" ".join(["word"] * rng.randint(11, 40)), "x" * 1_025, "{A}" * 400))
    return _with_node(rng, lambda _, new: Node(new, long, "News"))


def _empty_query(rng):
    empty = rng.choice(("", "?!", "—", "...", "\u200b", '""'))
    return _with_node(rng, lambda _, new: Node(new, empty, "News"))


MUTATIONS = {
    "empty": lambda rng: rng.choice(("", " ", "\n\t \n")),
    "too_long": lambda rng: valid_plan(rng).text + "x" * 16_384,
    "control_characters": lambda rng: inserted(
        rng, valid_plan(rng).text, ("\x00", "\x1b[2J", "\ud800", "\u2028", "\r")
    ),
    "result_in_plan": lambda rng: inserted(rng, valid_plan(rng).text, RESULTS),
    "no_search": lambda rng: rng.choice(
        ("<think>a</think>", "A: director (News)", f"<think>a</think>\n{valid_plan(rng).block}")
    ),
    "order": _order,
    "unclosed_tag": lambda rng: _without_a_tag(
        rng, valid_plan(rng).text, ("<think>", "</think>", "<search>", "</search>")
    ),
    "nested_tags": _nested,
    "no_analysis": lambda rng: rng.choice(
        (turn(rng, valid_plan(rng).block, " \n"), f"<search>{valid_plan(rng).block}</search>")
    ),
    "text_after_action": lambda rng: valid_plan(rng).text + rng.choice(("x", "\n\n.", "</div>")),
    "no_nodes": lambda rng: turn(
        rng, rng.choice(("", "Nodes:", "Nodes:\nEdges:", "Edges: none", "Edges:\nA -> B"))
    ),
    "too_many_nodes": _too_many,
    "bad_node": _bad_node,
    "duplicate_label": lambda rng: _with_node(rng, lambda old, _: Node(old, "director", "News")),
    "unknown_tool": lambda rng: _with_node(
        rng, lambda _, new: Node(new, "director", rng.choice(("Bing", "", "Generals", "News!")))
    ),
    "unknown_label": _unknown_label,
    "self_loop": _self_loop,
    "cycle": _cycle,
    "query_too_long": _query_too_long,
    "empty_query": _empty_query,
}
"""Code -> a plan turn that has it, made with a `random.Random`."""

ANSWER_MUTATIONS = {
    "empty": MUTATIONS["empty"],
    "too_long": lambda rng: f"<answer>{'long ' * rng.choice((206, 4_000))}</answer>",
    "control_characters": lambda rng: inserted(rng, valid_answer(rng), ("\x00", "\x07", "\x7f")),
    "result_in_plan": lambda rng: inserted(rng, valid_answer(rng), RESULTS),
    "order": lambda rng: rng.choice(
        (
            "<answer>Lyon</answer><think>a</think>",
            "<answer>Lyon</answer><answer>Lyon</answer>",
            "<think>a</think><think>b</think><answer>Lyon</answer>",
            valid_plan(rng).text,
            f"{valid_plan(rng).text}<answer>Lyon</answer>",
        )
    ),
    "unclosed_tag": lambda rng: _without_a_tag(rng, valid_answer(rng), ("<answer>", "</answer>")),
    "nested_tags": lambda rng: rng.choice(
        ("<think>a<answer>b</answer></think>", "<answer><think>a</think>b</answer>")
    ),
    "text_after_action": lambda rng: valid_answer(rng) + rng.choice(("x", "\n\n.", "</div>")),
    "missing_answer": lambda rng: rng.choice(
        ("Lyon", "<think>a</think>", "<answer></answer>", "<think>a</think><answer> \n </answer>")
    ),
    "degenerate": lambda rng: f"<answer>{rng.choice(('?', '...', '—', '_'))}</answer>",
}
"""Code -> an answer turn that has it."""

TOKENS = (
    *("<think>", "</think>", "<search>", "</search>", "<answer>", "</answer>", "<result>", "<r>"),
    *("Nodes:", "Edges:", "nodes：", "边:", "A", "B", "C", "Z", "a", ":", "：", "->", "→", "=>"),
    *(
        ";",
        "；",
        ",",
        "，",
        "(",
        ")",
        "[",
        "】",
        "（News）",
        "(General)",
        "(web)",
        "{A}",
        "#B",
        "{",
    ),
    *("director of Vel", "none", "北京", "\n", "\n", " ", "\u202e", "\u200b", "&lt;", "?"),
    *("A: x (News)\n", "B: y {A} (General)\n", "A -> B", "B -> A", "A -> B -> C", "é"),
)
SOUP = "ABCab:;,()[]{}#<>/-=→：；，（）【】 \n\n\tresulthinkw0é北\u200b\u202e"
HARD = ("\x00", "\ud800", "\r", "\x1b[2J")


def noise(rng, pool):
    """Nearly a plan: characters, tokens, or a valid plan with pieces put in and taken out."""
    kind = rng.random()
    if kind < 0.5:
        text = rng.choice(pool)
        for _ in range(rng.randint(1, 3)):
            place = int(rng.random() * len(text))
            cut = rng.choice((0, 0, 1, 5))
            piece = rng.choice(TOKENS if rng.random() < 0.98 else HARD)
            text = text[:place] + piece + text[place + cut :]
        return text
    source = TOKENS if kind < 0.8 else SOUP
    text = "".join(rng.choices(source, k=int(rng.random() * 40)))
    wrapping = rng.random()
    if wrapping < 0.6:
        return f"<think>t</think><search>{text}</search>"
    return text if wrapping < 0.8 else f"<think>{text}</think><answer>{text}</answer>"


def some_plans(seed, count):
    rng = random.Random(seed)
    return [valid_plan(rng).text for _ in range(count)]
