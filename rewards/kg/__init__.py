"""What a selection of facts is worth: how good the facts are, and the answer that is read off them.

Pure functions; nothing here knows an environment. `facts` scores facts and `answers` answers,
`reader` turns selected facts into answers (`symbolic` by default), `shaping` is the potential that
pays progress without moving the optimum. `reward` makes one reward of all of it, `presets` are
those of earlier work, and `likelihood` is D-RAG's.
"""

from __future__ import annotations

from .answers import ANSWER_METRICS, answer_metrics
from .facts import gold_answers, selection_metrics
from .reader import FACT_READERS, FactReader, Selection, make_fact_reader, read_answers, register
from .reward import Counts, SubgraphReward
from .shaping import Potential, shaping_term

__all__ = [
    "ANSWER_METRICS",
    "FACT_READERS",
    "Counts",
    "FactReader",
    "Potential",
    "Selection",
    "SubgraphReward",
    "answer_metrics",
    "gold_answers",
    "make_fact_reader",
    "read_answers",
    "register",
    "selection_metrics",
    "shaping_term",
]
