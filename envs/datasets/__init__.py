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
    "squad",
    "SQuAD, its paragraphs as the corpus; divided by article.",
    "hopgym.envs.datasets.squad:load_squad",
)
register(
    "hub",
    "Any set of the `datasets` library, all splits: 'hub?name=user/set'.",
    "hopgym.envs.datasets.hub_set:load_hub_set",
)
register(
    "flashrag",
    "FlashRAG's form: NQ, TriviaQA, PopQA, …",
    "hopgym.envs.datasets.flashrag:load_flashrag",
)
register(
    "plain", "JSON or JSONL of {id, question, answer}.", "hopgym.envs.datasets.plain:load_plain"
)
register(
    "webqsp",
    "WebQSP with its part of Freebase, in RoG's form.",
    "hopgym.envs.datasets.rog:load_webqsp",
)
register(
    "cwq",
    "ComplexWebQuestions with its part of Freebase, in RoG's form.",
    "hopgym.envs.datasets.rog:load_cwq",
)
register("rog", "Any graph questions in RoG's form.", "hopgym.envs.datasets.rog:load_rog")
register(
    "nsm",
    "A folder of NSM, ReaRev or GNN-RAG: WebQSP, CWQ, …",
    "hopgym.envs.datasets.nsm:load_nsm",
)
register("metaqa", "MetaQA, 1 to 3 hops over films.", "hopgym.envs.datasets.metaqa:load_metaqa")
register(
    "pathquestion",
    "PathQuestion, with gold paths.",
    "hopgym.envs.datasets.pathquestion:load_pathquestion",
)
register(
    "gtsqa",
    "GTSQA, with ground-truth facts of Wikidata.",
    "hopgym.envs.datasets.gtsqa:load_gtsqa",
)
register(
    "drag_heuristics",
    "D-RAG's heuristics JSONL: graphs with paths.",
    "hopgym.envs.datasets.drag_heuristics:load_drag_heuristics",
)

__all__ = ["DATASETS", "QuestionSet", "make_questions", "register"]
