"""The grammar of DagSearch, after Reasoning-Search (arXiv 2506.08352): a plan, then an answer.

A plan turn is `<think>…</think><search>Nodes: … Edges: …</search>`; what is found comes back
inside `<result>`; an answer turn is `<answer>…</answer>`, a `<think>…</think>` before it being
optional. Here the parts come together: `sections` knows the tags, `plan_text` and `result_text` the
lines inside, `tools` the sources' names, `refusals` what is said of a refused action, and
`hopgym.envs.plans` what a plan is.

An unreadable action has one code, the first of these that holds: its size and characters
(`too_long`, `empty`, `control_characters`); results, which only the environment may write
(`result_in_plan`); tags without their other half, then tags in tags (`unclosed_tag`,
`nested_tags`); sections that the turn does not have, that are missing, in another order or too
many (`order`, `no_search` or `missing_answer`, `order`, `no_analysis`); text after the last
(`text_after_action`). Then, of a plan, `GRAPH_ERRORS`: a line that is neither a node nor edges
(`bad_node`), and what `find_flaw` finds, in its order; of an answer `missing_answer`, `too_long`,
`degenerate`. Text before and between the sections counts as part of the thought.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, get_args

from ...errors import ConfigError
from ..plans import LABELS, Edge, Fault, Flaw, Node, Plan, find_flaw
from . import refusals, result_text
from .base import (
    MAX_ACTION_CHARS,
    MAX_QUERY_CHARS,
    MAX_QUESTION_CHARS,
    Move,
    ParseError,
    check_content,
    check_size,
    check_written,
)
from .plan_text import Draft, bad_line, read_block, writable, write_block
from .sections import Phase, check_order, read_sections
from .text import CLOSE_BRACKET, OPEN_BRACKET, is_degenerate, seen_through, without_tags
from .tools import TOOLS, ToolNames

GRAPH_ERRORS: frozenset[ParseError] = frozenset(ParseError(fault) for fault in get_args(Fault))
"""The codes of plans whose sections are right while their graph is not."""

_RESULT = re.compile(
    rf"{OPEN_BRACKET}[\s/|]*(?:results?(?!\w)|r[\s/|]*{CLOSE_BRACKET})", re.IGNORECASE
)
_TOOLS_CHARS = 400  # of the tools' names in a hint
_PLAN_CHARS = 10_000  # of all queries of a written plan: the rest of the action needs room too


class DagGrammar:
    """Think, plan, result, answer.

    Args:
        tools: The sources that a node may name, the default one first.
        aliases: Other names of tools, beside `tools.ALIASES`; all names are understood in upper
            and lower case.
        max_nodes: The most nodes of a plan.
        max_words: The most words of a node's query.

    Raises:
        ConfigError: If a tool, alias or number cannot be.

    >>> action = "<think>I search.</think><search>A: who made Vel (web)</search>"
    >>> DagGrammar().parse_turn(action, "plan").plan.nodes
    (Node(label='A', query='who made Vel', tool='General'),)
    """

    name: ClassVar[str] = "dag"
    summary: ClassVar[str] = "DAG plan: `<think>` and `<search>` nodes and edges, then `<answer>`."
    retries: ClassVar[int] = 0
    unreadable_ends: ClassVar[bool] = True
    stop: ClassVar[tuple[str, ...]] = ("</search>", "</answer>")
    keep_stop: ClassVar[bool] = True

    def __init__(
        self,
        tools: Sequence[str] = TOOLS,
        aliases: Mapping[str, str] | None = None,
        max_nodes: int = 8,
        max_words: int = 10,
    ) -> None:
        self._names = ToolNames(tools, aliases)
        self.tools = self._names.tools
        self.max_nodes = _within("max_nodes", max_nodes, len(LABELS))
        self.max_words = _within("max_words", max_words, MAX_QUERY_CHARS)
        self.instructions = _instructions(self)

    def opening(self, question: str) -> str:
        """Return the question's line."""
        return _opening(question)

    def before_action(self) -> str:
        """Nothing stands between the transcript and an action."""
        return ""

    def parse_turn(self, action: str, phase: Phase) -> Move | ParseError:
        """Read the action of a turn that is for a plan, for the answer, or for either.

        Raises:
            ConfigError: If the phase is none of these.
        """
        if phase not in ("plan", "answer", "either"):
            raise ConfigError(f"phase is {phase!r:.60}; it may be plan, answer or either.")
        error = check_size(action)
        if error:
            return error
        if _RESULT.search(seen_through(action)):
            return ParseError.RESULT_IN_PLAN
        sections = read_sections(action)
        if isinstance(sections, ParseError):
            return sections
        error = check_order(sections, phase)
        if error:
            return error
        last = sections[-1]
        if action[last.end :].strip():
            return ParseError.TEXT_AFTER_ACTION
        thought = action[: last.start].replace("<think>", "").replace("</think>", "").strip()
        return (self._plan if last.name == "search" else _answer)(thought, last.content)

    def _plan(self, thought: str, block: str) -> Move | ParseError:
        draft = read_block(block)
        if draft is None:
            return ParseError.BAD_NODE
        plan = self._examined(draft)
        if isinstance(plan, Plan):
            return Move("plan", thought, block.strip(), plan)
        return ParseError(plan.fault)

    def _examined(self, draft: Draft) -> Plan | Flaw:
        nodes = [node._replace(tool=self._names[node.tool]) for node in draft.nodes]
        return self._checked(nodes, draft.edges)

    def _checked(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> Plan | Flaw:
        return find_flaw(
            nodes,
            edges,
            tools=self.tools,
            max_nodes=self.max_nodes,
            max_words=self.max_words,
            max_chars=MAX_QUERY_CHARS,
        )

    def node_lines(
        self, node: Node, source: str, documents: Sequence[tuple[str, str, bool]], limit: int
    ) -> list[str]:
        """Return what a node found, as `result_text.node_lines` says."""
        return result_text.node_lines(node, source, documents, limit)

    def results(self, lines: Sequence[str]) -> str:
        """Return the result block of the lines of all nodes, each made by `node_lines`."""
        return "\n<result>\n" + "".join([f"{line}\n" for line in lines]) + "</result>\n"

    def reason(self, error: ParseError, action: str) -> str:
        """Say what is wrong, of which nodes, and what is allowed."""
        facts = self._facts(action) if error in GRAPH_ERRORS else {}
        return refusals.reason(refusals.DAG, error, **facts)

    def refusal(self, error: ParseError, action: str) -> tuple[str, str]:
        """Keep the action, neutralised, and say why."""
        kept = without_tags(action[:MAX_ACTION_CHARS], MAX_QUERY_CHARS)
        why = self.reason(error, action)
        return kept, f"\nThat action is not valid ({error.value}). {why}\n"

    def _facts(self, action: str) -> dict[str, object]:
        """Return what there is to say of a plan whose graph was refused."""
        block = action.partition("<search>")[2].partition("</search>")[0]
        draft = read_block(block) or Draft([], [])
        found = self._examined(draft)
        labels = found.labels if isinstance(found, Flaw) else ()
        return {
            "labels": " -> ".join(labels),
            "line": bad_line(block),
            "nodes": len(draft.nodes),
            "tool": without_tags(self.tools[0], _TOOLS_CHARS),
            "tools": without_tags(", ".join(self.tools), _TOOLS_CHARS),
            "max_nodes": self.max_nodes,
            "max_words": self.max_words,
        }

    def write_query(self, step: int, analysis: str, query: str) -> str:
        """Write a plan of one node, A, which asks the first tool."""
        check_written(step, analysis, query)
        return self.write_plan(analysis, [Node("A", query, self.tools[0])])

    def write_plan(self, analysis: str, nodes: Sequence[Node], edges: Sequence[Edge] = ()) -> str:
        """Write a plan that can be read, whatever the thought and the queries say.

        Queries are cut to the limits. Placeholders that name no other node are defused, and
        where placeholders close a circle, all that stand for no edge given here.

        Raises:
            ConfigError: If the nodes and edges themselves make no plan.
        """
        for node in nodes:
            check_written(1, analysis, node.query)
        edges = [(parent, child) for parent, child in edges]
        labels = frozenset(node.label for node in nodes)
        written = self._written(nodes, {label: labels - {label} for label in labels})
        plan = self._checked(written, edges)
        if isinstance(plan, Flaw) and plan.fault == "cycle":
            parents = {label: {a for a, b in edges if b == label} for label in labels}
            written = self._written(nodes, parents)
            plan = self._checked(written, edges)
        if isinstance(plan, Flaw):
            raise ConfigError(
                f"These nodes and edges make no plan ({plan.fault}). Give 1 to {self.max_nodes} nodes, "
                "each with a capital letter of its own and one of the tools "
                f"{', '.join(self.tools)}, and edges between them without a circle."
            )
        thought = without_tags(analysis, MAX_QUERY_CHARS) or "I search."
        block = write_block(written, dict.fromkeys(edges))
        return f"<think>{thought}</think>\n<search>\n{block}\n</search>"

    def _written(
        self, nodes: Sequence[Node], fillable: Mapping[str, Collection[str]]
    ) -> list[Node]:
        room = min(MAX_QUERY_CHARS, _PLAN_CHARS // max(1, len(nodes)))
        return [
            Node(
                node.label,
                writable(node.query, fillable[node.label], self.max_words, room),
                self._names[str(node.tool)],
            )
            for node in nodes
        ]

    def write_answer(self, step: int, analysis: str, answer: str) -> str:
        """Write a thought, if any, and the answer; an answer that says nothing gets "unknown"."""
        check_written(step, analysis, answer)
        thought = without_tags(analysis, MAX_QUERY_CHARS)
        text = without_tags(answer, MAX_QUERY_CHARS)
        before = f"<think>{thought}</think>\n" if thought else ""
        return f"{before}<answer>{'unknown' if is_degenerate(text) else text}</answer>"

    def read_documents(self, observation: str) -> list[tuple[str, str]]:
        """Return the title and text of each document shown so far, in order."""
        blocks = _blocks(observation, "result")
        return [document for block in blocks for document in result_text.read_documents(block)]

    def read_nodes(self, observation: str) -> dict[str, list[tuple[str, str]]]:
        """Return `(title, text)` of what each node of the latest plan found, by label."""
        return result_text.read_nodes(_blocks(observation, "result"))

    def read_queries(self, observation: str) -> list[str]:
        """Return the queries of all plans so far, as they were written."""
        drafts = [read_block(block) for block in _blocks(observation, "search")]
        return [node.query for draft in drafts if draft for node in draft.nodes]

    def unescaped(self, text: str) -> str:
        """Return text as it was meant, for people: its tags are no longer neutralised."""
        return text.replace("&lt;", "<")


def _answer(thought: str, content: str) -> Move | ParseError:
    text = " ".join(content.split())
    if not text:
        return ParseError.MISSING_ANSWER
    return check_content("answer", text) or Move("answer", thought, text)


def _blocks(observation: str, tag: str) -> list[str]:
    parts = observation.split(f"<{tag}>")[1:]
    return [part.partition(f"</{tag}>")[0] for part in parts]


@lru_cache(maxsize=4_096)
def _opening(question: str) -> str:
    return f"Question: {without_tags(question, MAX_QUESTION_CHARS)}\n"


def _within(name: str, value: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from 1 to {most}.")
    return value


def _instructions(grammar: DagGrammar) -> str:
    nodes = [
        Node("A", "director of Vel", grammar.tools[0]),
        Node("B", "birthplace of {A}", grammar.tools[-1]),
    ][: grammar.max_nodes]
    edges = [("A", "B")][: len(nodes) - 1]
    return f"""\
Answer the question in two turns: first plan the searches, then answer. A plan looks like this:

{grammar.write_plan("I need the director first, then the place.", nodes, edges)}

Each node is one search on a line of its own: a capital letter, a colon, the query, and in brackets \
the tool that is asked. Tools: {", ".join(grammar.tools)}. A plan has at most {grammar.max_nodes} \
nodes, a query at most {grammar.max_words} words. An edge A -> B says that B builds on what A finds; \
{{A}} in the query of B stands for it. Nodes without an edge between them are searched at once, so \
join only what must wait. No node may build on itself, directly or through others. Write one thought \
and one plan, and nothing after them. What is found comes back inside <result>, which you never \
write yourself. Then write the answer, short and alone, inside <answer> and </answer>."""
