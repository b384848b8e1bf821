"""What an agent reads of an action that was refused: what is wrong, and what is allowed.

A sentence or two for each code of each grammar, as tables. They name tags and markers without
brackets or colons, so that no reader of a transcript can take a hint for a section; of the action
they repeat numbers and the labels of nodes, and never its words. Used by the grammars and by
`hopgym play`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .base import MAX_ACTION_CHARS, MAX_QUERY_CHARS, ParseError

Table = Mapping[ParseError, str]

_E = ParseError
_SIZE = f"has more than {MAX_ACTION_CHARS:,} characters"

COMMON: Table = {
    _E.EMPTY: "It is empty.",
    _E.TOO_LONG: (
        f"It {_SIZE}, or its query or answer has more than {MAX_QUERY_CHARS:,}: write less."
    ),
    _E.CONTROL_CHARACTERS: "It has control characters or halves of characters: write plain text.",
    _E.EMPTY_QUERY: "The query is empty: write what to search for.",
    _E.EMPTY_ANSWER: "The answer is empty: write it, short and alone.",
    _E.DEGENERATE: "The query or answer has no letter, digit or symbol: write words.",
    _E.BOTH_ACTIONS: "It has both a query and an answer: write one of the two.",
    _E.QUERY_NOT_ALLOWED: "This turn takes no query: give the final answer.",
}
"""What all grammars say alike, unless they know better."""

R3: Table = {
    **COMMON,
    _E.NO_STEP: "It must begin with the word Step, the number of the turn and a colon.",
    _E.BAD_STEP_INDEX: (
        "Its step has another number than the turn; a reply that could not be read does not count."
    ),
    _E.NO_ANALYSIS: (
        "After the step's number comes a line that begins with the marker of the problem analysis "
        "and says something."
    ),
    _E.NO_ACTION: (
        "After the analysis comes a line with the marker of the retrieval query, or of the final "
        "answer."
    ),
    _E.REPEATED_ACTION: "It has a marker twice: write one analysis, and one query or answer.",
    _E.TEXT_AFTER_ACTION: (
        "It goes on after its query or answer, which is one line, or has a second step: write one "
        "step and nothing after it."
    ),
    _E.FORGED_MARKER: (
        "It has a marker that only the environment writes: that of the question, of the retrieval "
        "documents or of a note."
    ),
}

SEARCH_R1: Table = {
    **COMMON,
    _E.NO_ACTION: (
        "It has neither a query inside the tag search nor the final answer inside the tag answer."
    ),
    _E.UNCLOSED_TAG: (
        "The tag search or answer lacks its other half: each is opened and closed, and written "
        "exactly so."
    ),
    _E.NESTED_TAGS: "A tag stands inside of the query or answer: close each before the next.",
    _E.REPEATED_ACTION: "It has more than one query or answer: write one.",
    _E.TEXT_AFTER_ACTION: "It goes on after its query or answer: write nothing after the tag.",
    _E.FORGED_MARKER: "Only the environment writes the tag information.",
}

_RAG_FORGED = (
    "It has a boundary that only the environment writes: of documents it may have citations, such "
    "as DOC_1 in square brackets, and nothing else."
)

RAG: Table = {
    **COMMON,
    _E.NO_ACTION: (
        "It has no line that begins with the word Query, or with the word Answer, and a colon."
    ),
    _E.REPEATED_ACTION: "It has more than one query or answer: write one.",
    _E.TEXT_AFTER_ACTION: (
        "It goes on after its query or answer, which is one line: write nothing after it."
    ),
    _E.FORGED_MARKER: _RAG_FORGED,
}

RAG_ANSWER: Table = {
    **RAG,
    _E.NO_ACTION: (
        "The word Answer stands in it, but begins no line: write it, a colon and the answer on a "
        "line of their own."
    ),
    _E.REPEATED_ACTION: "It has more than one answer: write one.",
}

SELECT: Table = {
    **COMMON,
    _E.TOO_LONG: f"It {_SIZE}: write less.",
    _E.NO_ACTION: (
        "It has no selection: write the numbers of facts inside the tag select, with commas between "
        "them, or the word {word}."
    ),
    _E.UNCLOSED_TAG: (
        "The tag select lacks its other half: it is opened and closed, and written exactly so."
    ),
    _E.NESTED_TAGS: "A tag stands inside of the selection: close each before the next.",
    _E.REPEATED_ACTION: "It has more than one selection: write one.",
    _E.TEXT_AFTER_ACTION: "It goes on after its selection: write nothing after the tag.",
    _E.FORGED_MARKER: "Only the environment writes the tags facts and selected.",
    _E.EMPTY_SELECTION: (
        "The selection is empty: write the numbers of facts, or the word {word} where there are none "
        "to select."
    ),
    _E.BAD_NUMBER: (
        "A selection holds the numbers of facts as digits, with one comma between any two, or the "
        "word {word} alone."
    ),
    _E.TOO_MANY_FACTS: "It selects more facts than there are: write the numbers of those that help.",
}

_NODE = (
    "A node is a line of its own: a capital letter, a colon, the query, and one of the tools in "
    "brackets, as A: director of Vel ({tool})."
)

DAG: Table = {
    **COMMON,
    _E.TOO_LONG: f"It {_SIZE}, or its answer has more than {MAX_QUERY_CHARS:,}: write less.",
    _E.DEGENERATE: "The answer has no letter, digit or symbol: write words.",
    _E.NO_SEARCH: (
        "This turn is for a plan: write a thought inside the tag think, then nodes and edges "
        "inside the tag search."
    ),
    _E.MISSING_ANSWER: ("There is no answer: write it, short and alone, inside the tag answer."),
    _E.ORDER: (
        "A turn has one thought inside the tag think, and after it one plan inside the tag search "
        "or one answer inside the tag answer; only before an answer may the thought be left out. "
        "The first turn takes a plan, the last one the answer."
    ),
    _E.NO_ANALYSIS: "A plan needs a thought before it: write one inside the tag think.",
    _E.UNCLOSED_TAG: (
        "A tag lacks its other half: think, search and answer are each opened and closed, and "
        "written exactly so."
    ),
    _E.NESTED_TAGS: "A tag stands inside of another: close each section before the next begins.",
    _E.TEXT_AFTER_ACTION: "It goes on after its plan or answer: write nothing after the last tag.",
    _E.RESULT_IN_PLAN: (
        "Only the environment writes results: leave out the tag result, and r, its short form."
    ),
    _E.NO_NODES: f"The plan has no nodes. {_NODE}",
    _E.TOO_MANY_NODES: "A plan has at most {max_nodes} nodes, and this one has {nodes}.",
    _E.BAD_NODE: (
        f"Line {{line}} of the plan, blank ones not counted, is neither a node nor edges. {_NODE} "
        "Edges are A -> B, below all nodes and a line that says Edges and a colon."
    ),
    _E.DUPLICATE_LABEL: ("Two nodes are called {labels}: each has a capital letter of its own."),
    _E.UNKNOWN_TOOL: "Node {labels} names no tool that there is. The tools: {tools}.",
    _E.EMPTY_QUERY: "The query of node {labels} has no letter, digit or symbol: write words.",
    _E.QUERY_TOO_LONG: (
        "The query of node {labels} is too long: it may have {max_words} words, glued ones counted "
        f"apart, and {MAX_QUERY_CHARS:,} characters. Ask for less, or in more nodes."
    ),
    _E.UNKNOWN_LABEL: (
        "There is no node {labels}, which an edge or a placeholder names: both take the capital "
        "letters of nodes of this plan."
    ),
    _E.SELF_LOOP: (
        "Node {labels} builds on itself: neither an edge nor a placeholder may lead from a node "
        "back to it."
    ),
    _E.CYCLE: (
        "The nodes go in a circle, {labels}: a node may not build on itself through others, be it "
        "by edges or by placeholders."
    ),
}


def reason(table: Table, error: ParseError, **facts: object) -> str:
    """Return what a table says of a code, with the facts of this action filled in.

    A code that the table does not know is said as it is.

    >>> reason(DAG, ParseError.TOO_MANY_NODES, max_nodes=8, nodes=9)
    'A plan has at most 8 nodes, and this one has 9.'
    """
    text = table.get(error)
    return "It cannot be read." if text is None else text.format(**facts)
