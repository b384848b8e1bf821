"""What a selection of facts is worth: how good the facts are, and the answer that is read off them.

Pure functions; nothing here knows an environment. `facts` scores facts and `answers` answers,
`reader` turns selected facts into answers (`symbolic` by default), `shaping` is the potential that
pays progress without moving the optimum.
"""

from __future__ import annotations

from .answers import ANSWER_METRICS, answer_metrics
from .facts import selection_metrics
from .reader import FACT_READERS, FactReader, Selection, make_fact_reader, read_answers, register
from .shaping import Potential, shaping_term

__all__ = [
    "ANSWER_METRICS",
    "FACT_READERS",
    "FactReader",
    "Potential",
    "Selection",
    "answer_metrics",
    "make_fact_reader",
    "read_answers",
    "register",
    "selection_metrics",
    "shaping_term",
]
