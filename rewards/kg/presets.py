"""What earlier work pays for a path through a knowledge graph, as rewards of a selection of facts.

Each is `SubgraphReward` with other defaults, so that every option can still be given by name. What
had to be changed is said in each: those agents walk, ours selects.
"""

from __future__ import annotations

from dataclasses import dataclass

from .reward import SubgraphReward


@dataclass(frozen=True, kw_only=True)
class Minerva(SubgraphReward):
    """1 at the end if the first answer is right, else 0 (MINERVA, arXiv 1711.05851).

    Adapted: MINERVA pays for the entity where its walk ends; here the reader's first answer is
    taken for it. It has no stop, no shaping and no costs, and neither has this.

    >>> Minerva().answer_metric, Minerva().shaping
    ('hit_at_1_exact', False)
    """

    answer_metric: str = "hit_at_1_exact"
    shaping: bool = False
    size: float = 0.0
    invalid: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeepPath(SubgraphReward):
    """The success, the efficiency and the failure of DeepPath (arXiv 1707.06690), as its code weighs them.

    0.1 for the right end and 0.9 over the length of the path, where the end is right; -0.05 for a
    failure, and for each step that is not possible.

    Adapted: the end is right if the reader's first answer is; the length of the path is the number
    of facts selected, since facts are chosen in any order; a failure is an episode without the right
    answer, and charged once. Its diversity term, switched off in its code, is left out, and so are
    its teacher's paths.
    """

    answer: float = 0.1
    answer_metric: str = "hit_at_1_exact"
    shaping: bool = False
    size: float = 0.0
    invalid: float = 0.05
    efficiency: float = 0.9
    fail: float = 0.05


@dataclass(frozen=True, kw_only=True)
class KgR1(SubgraphReward):
    """The turn and the global terms of KG-R1 (arXiv 2509.26383), one of each at the most.

    Global: half for the answer's F1, half if an answer was seen in what was retrieved. Turn: what is
    valid and new, averaged over the turns.

    Adapted: what is retrieved is what is selected. Its turn is worth half for a query that is valid,
    new and finds something, or for the answer, and half for the format; here a choice that is not
    masked is all of that, and one that is masked or cannot be read is none of it. The average is over
    choices and paid at the end, so that many of them earn no more than few. An answer at once, with
    nothing selected, still earns the whole turn term, as it does there.
    """

    answer: float = 0.5
    shaping: bool = False
    size: float = 0.0
    invalid: float = 0.0
    retrieval: float = 0.5
    turn: float = 1.0
