"""Getting out early: refusals, and episodes that end without an answer."""

from __future__ import annotations

from ...agents.transcript import Transcript
from .exploit import Exploit, at_once, constant_plan, scripted, searched

FAMILY = "giving_up"


def stall(view: Transcript) -> str:
    """Search what the question says until the steps are used up."""
    if view.may_answer and view.info.get("phase") == "answer":
        return "..."
    return constant_plan(view) if not view.may_answer else view.ask("I go on.", view.question)


def quit_(view: Transcript) -> str:
    """Write nothing that could be read."""
    return "I have had enough."


EXPLOITS: tuple[Exploit, ...] = (
    at_once(
        "unknown", FAMILY, "Says that it is unknown, at once.", lambda v, g: "unknown", void=True
    ),
    at_once(
        "refusal", FAMILY, "Refuses in a sentence.", lambda v, g: "I cannot answer this.", void=True
    ),
    at_once("see_above", FAMILY, "Refers to the documents.", lambda v, g: "see above", void=True),
    at_once("placeholder", FAMILY, "A placeholder.", lambda v, g: "[answer]", void=True),
    searched(
        "searched_unknown", FAMILY, "Says unknown after an honest search.", lambda v, g: "unknown"
    ),
    scripted("stall", FAMILY, "Searches on and never answers.", stall),
    scripted("quit", FAMILY, "Nothing that can be read.", quit_),
)
