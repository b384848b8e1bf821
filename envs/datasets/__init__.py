"""Question sets by name, file, folder or function: `make_questions` takes them all."""

from __future__ import annotations

from .base import QuestionSet
from .make import DATASETS, make_questions

register = DATASETS.register

register(
    "world",
    "A seeded universe that no model has read, 1 to 6 hops.",
    "hopgym.envs.datasets.world:World",
)
register(
    "hotpotqa", "HotpotQA, distractor or full-wiki.", "hopgym.envs.datasets.hotpotqa:load_hotpotqa"
)
register("two_wiki", "2WikiMultiHopQA.", "hopgym.envs.datasets.two_wiki:load_two_wiki")
register(
    "musique", "MuSiQue, with its decompositions.", "hopgym.envs.datasets.musique:load_musique"
)
register("bamboogle", "Bamboogle.", "hopgym.envs.datasets.bamboogle:load_bamboogle")
register(
    "flashrag",
    "FlashRAG's form: NQ, TriviaQA, PopQA, …",
    "hopgym.envs.datasets.flashrag:load_flashrag",
)
register(
    "plain", "JSON or JSONL of {id, question, answer}.", "hopgym.envs.datasets.plain:load_plain"
)

__all__ = ["DATASETS", "QuestionSet", "make_questions", "register"]
