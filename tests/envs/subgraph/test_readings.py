import numpy as np
import pytest
from subgraphs import AWKWARD, BORN, CHAIN, LIVES, RANDOM, env, facts, question_set

from hopgym.envs.subgraph.readings import read, read_each
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards.kg import Selection, make_fact_reader, read_answers
from hopgym.rewards.kg.symbolic import SymbolicReader
from hopgym.seeding import rng_for

QUESTIONS = (*AWKWARD, *RANDOM.questions("train"))
STAGE = env(questions=question_set(*QUESTIONS), top_k=9).stage
CASES = [STAGE.case(place) for place in range(len(QUESTIONS))]


def random_choice(seed, share=0.5):
    rng = rng_for(0, "readings", seed)
    return [(case, np.flatnonzero(rng.random(case.num_facts) < share)) for case in CASES]


class Own(SymbolicReader):
    """The same reader under another name: it is shown names."""


@pytest.mark.parametrize("seed", range(6))
def test_reading_numbers_equals_reading_names(seed):
    chosen = random_choice(seed, share=0.2 * seed)
    told = read(make_fact_reader("symbolic"), chosen)
    assert told == read(Own(), chosen)
    selections = [
        Selection.of(case.question, [case.places[fact] for fact in facts]) for case, facts in chosen
    ]
    assert told == read_answers(SymbolicReader(), selections)
    assert told == [read(SymbolicReader(), [one])[0] for one in chosen]


def test_nothing_to_read():
    assert read(SymbolicReader(), []) == read(Own(), []) == []
    none = [(case, np.zeros(0, int)) for case in CASES]
    assert read(SymbolicReader(), none) == [[]] * len(CASES)
    assert read(lambda selection: 1 / 0, none) == [[]] * len(CASES)


def test_a_reader_sees_the_question_the_selection_and_the_topics_and_no_gold():
    seen = []

    def reader(selection):
        seen.append(selection)
        return ["x"]

    case = CASES[QUESTIONS.index(CHAIN)]
    assert read(reader, [(case, np.array([BORN, LIVES]))]) == [["x"]]
    (selection,) = seen
    assert selection.question == CHAIN.text and selection.topics == ("a",)
    assert selection.facts == facts("b born c", "b lives c")


def refuses_one(selection):
    if selection.question == "?":
        raise OSError("out of reach")
    return [selection.facts[0].tail]


def test_one_failure_spoils_no_other():
    chosen = [(case, np.arange(case.num_facts)) for case in CASES]
    with pytest.raises(RewardError, match="refuses_one raised OSError: out of reach"):
        read(refuses_one, chosen)
    told = read_each(refuses_one, chosen)
    failed = [n for n, one in enumerate(told) if isinstance(one, RewardError)]
    assert failed == [n for n, q in enumerate(QUESTIONS) if q.id == "no words"]
    assert all(
        one == ([case.offer.facts[0].tail] if case.num_facts else [])
        for n, (one, case) in enumerate(zip(told, CASES, strict=True))
        if n not in failed
    )


@pytest.mark.parametrize("answer", ["text", None, [1], {"a"}])
def test_a_reader_that_returns_no_answers_is_told(answer):
    with pytest.raises(ConfigError, match="return a list of texts"):
        read_each(lambda selection: answer, random_choice(1))
