"""What a person types, as actions: a query, a plan, `= answer`, numbers of facts, an action as it is.

It asks until there is an action that the turn takes, and says in the grammar's own words why one is
none. Used by `hopgym play`; how an episode goes on it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from rich.console import Console

from .grammars import Grammar, Move, ParseError, StepGrammar, grammar_of
from .grammars.dag import DagGrammar
from .grammars.r3 import ANSWER, QUERY
from .grammars.rag import RagGrammar
from .grammars.text import is_degenerate

_NODE = re.compile("[A-Z] ?:")
_EDGES = re.compile(r"[\s;]*\bEdges ?:", re.IGNORECASE)
_TAG = re.compile("</?[A-Za-z]")
_STEP = re.compile(r"Step \d+:")
_MARKED = re.compile("(?:Query|Answer):")
_NUMBERS = re.compile(r"\d+(?:[\s,;]+\d+)*")
_THOUGHT = "Typed by hand."


def how_to(info: Mapping[str, Any]) -> str:
    """Return what may be typed in this turn, in a line.

    >>> how_to({"phase": "answer", "tools": ("General", "News")})
    'Type = and the answer.'
    """
    if "select_mode" in info:
        word = "none" if info["select_mode"] == "one_shot" else "stop"
        return f"Type the numbers of facts, such as 2, 5; or {word}."
    answer, asked = "= and the answer", "a query"
    if "phase" in info:
        tools = info["tools"]
        plan = f"A: query ({tools[0]}); B: query with {{A}} ({tools[len(tools) > 1]})"
        asked = f"a query, or a plan as {plan}"
        if info["phase"] != "either":
            return f"Type {asked if info['phase'] == 'plan' else answer}."
    if _takes_answers_alone(info):
        return "Type the answer."
    return f"Type {asked}, or {answer}."


def _takes_answers_alone(info: Mapping[str, Any]) -> bool:
    """Return whether this turn of an episode with documents shown takes no query."""
    grammar = str(info.get("grammar", ""))
    return grammar == "rag_answer" or (grammar == "rag" and int(info["remaining"]) == 1)


def rules(info: Mapping[str, Any]) -> str:
    """Return what is to be known before the first turn."""
    text = f"{how_to(info)} `quit` stops."
    if "phase" not in info:
        return text
    limits = f"At most {info['max_nodes']} searches, of {info['max_query_words']} words each."
    after = " After it: = and the answer." if info["phase"] == "plan" else ""
    return f"{text}{after}\nSources: {', '.join(info['tools'])}. {limits}"


def read_action(info: Mapping[str, Any], grammar: Grammar | None = None) -> str | None:
    """Return the next action; what is none is asked for again, at no cost. None where one stops.

    Args:
        info: What the environment says of the turn.
        grammar: The environment's own, which may know more names of sources than the info tells.
    """
    grammar = grammar or grammar_of(info)
    left = int(info["remaining"])
    while True:
        line = _read_line(f"{left} turn{'' if left == 1 else 's'} left> ")
        if line is None:
            return None
        raw = _is_raw(line, grammar)
        action = _raw(line, grammar) if raw else _wrapped(line, grammar, info)
        if action is None:
            return None
        why = _why_not(line, action, grammar, info)
        if not why:
            return action
        _say(f"{why} {how_to(info)}")


def _read_line(prompt: str) -> str | None:
    """Return the next line that is not empty; None where the player stops."""
    while True:
        line = _input(prompt)
        if line is None or line.strip():
            return line and line.strip()


def _input(prompt: str) -> str | None:
    try:
        line = input(prompt)
    except (EOFError, KeyboardInterrupt):
        print()
        return None
    return None if line.strip().lower() in ("quit", "exit") else line


def _is_raw(line: str, grammar: Grammar) -> bool:
    """Return whether a line begins an action in the grammar's own form."""
    if isinstance(grammar, RagGrammar):
        return bool(_MARKED.match(line))
    return bool((_TAG if grammar.keep_stop else _STEP).match(line))


def _raw(line: str, grammar: Grammar) -> str | None:
    """Read on until the action ends: with a closing tag, or with the line of a query or answer."""
    lines = [line]
    while not _ends(lines, grammar):
        following = _input("... ")
        if following is None:
            return None
        lines.append(following)
    return "\n".join(lines)


def _ends(lines: list[str], grammar: Grammar) -> bool:
    if grammar.keep_stop:
        return any(stop in lines[-1] for stop in grammar.stop)
    return isinstance(grammar, RagGrammar) or lines[-1].lstrip().startswith((QUERY, ANSWER))


def _wrapped(line: str, grammar: Grammar, info: Mapping[str, Any]) -> str:
    """Wrap a typed line in the grammar, so that a person need not type the markers."""
    if "select_mode" in info:
        numbers = re.findall("[0-9]+", line) if _NUMBERS.fullmatch(line) else [line]
        return f"<think>{_THOUGHT}</think><select>{', '.join(numbers)}</select>"
    if line.startswith("=") or _takes_answers_alone(info):
        line = line.removeprefix("=").strip()
        return grammar.write_answer(info["turn"], _THOUGHT, line)
    if "phase" in info and _NODE.match(line):
        block = _EDGES.sub("\nEdges:", line)
        return f"<think>{_THOUGHT}</think>\n<search>\n{block}\n</search>"
    return grammar.write_query(info["turn"], _THOUGHT, line)


def _why_not(line: str, action: str, grammar: Grammar, info: Mapping[str, Any]) -> str:
    """Say why an action is none; nothing if it is one."""
    if is_degenerate(line.removeprefix("=")):
        # Grammars write "unknown" where nothing is said; a person is asked again instead.
        return "not understood: there is no letter or digit in that."
    found = _parse(action, grammar, info)
    if not isinstance(found, ParseError):
        return ""
    reason = getattr(grammar, "reason", None)
    said = f" {reason(found, action)}" if reason else ""
    return f"not understood ({found.value}).{said}"


def _parse(action: str, grammar: Grammar, info: Mapping[str, Any]) -> Move | ParseError:
    if isinstance(grammar, DagGrammar):
        return grammar.parse_turn(action, info["phase"])
    return cast("StepGrammar", grammar).parse(action, info["turn"])


def _say(text: str) -> None:
    Console().print(text, style="red", markup=False, highlight=False, soft_wrap=True)
