import pickle

import numpy as np
import pytest
from subgraphs import AWKWARD, CHAIN, env, facts, large_question, question, question_set

from hopgym.core import Question
from hopgym.envs.datasets.lazy import LazyQuestions
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.envs.subgraph import stage as module
from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.seeding import rng_for


def test_a_question_is_made_ready_once():
    stage = env().stage
    assert stage.case(0) is stage.case(0) and stage.by_id("chain") is stage.case(0).question
    assert stage.offer("chain") is stage.case(0).offer


def test_an_offer_holds_no_gold():
    offer = env().stage.offer("chain")
    by_name = facts("a author b", "a printer d", "b born c", "b lives c", "d lives e")
    assert offer == (CHAIN.text, by_name, ("a",)) and offer._fields == (
        "question",
        "facts",
        "topics",
    )
    assert env().stage.places("chain") == (0, 2, 4, 1, 3)  # of the file: for oracles and trainers


def test_the_gold_of_a_question_is_filled_in_for_oracles():
    stage = env(questions=question_set(question("x", facts("a r b", "b r c"), "a", "b"))).stage
    assert stage.by_id("x").gold_facts == (0,) and stage.questions[0].gold_facts == ()
    assert stage.pick(rng_for(0), {"question_id": "x"}).gold_facts == (0,)


def test_cases_beyond_the_room_for_them_are_forgotten_the_oldest_first(monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 3 * module.CASE_BYTES)
    stage = env().stage
    first, second = stage.case(0), stage.case(1)
    assert stage.case(0) is first and len(stage._cases) == 2
    third = stage.case(2)  # the least lately asked for goes
    assert list(stage._cases) == [0, 2] and stage.case(2) is third and stage.case(1) is not second
    for place in range(len(AWKWARD)):
        assert stage.case(place).question.id == AWKWARD[place].id
    assert stage._kept == sum(map(stage._weight, stage._cases.values())) <= module.KEPT_BYTES
    monkeypatch.setattr(module, "KEPT_BYTES", 0)
    assert stage.case(3) is stage.case(3) and len(stage._cases) == 1


def test_facts_that_were_made_for_a_case_weigh_too():
    large = large_question(3_000)
    lazy = LoadedQuestions("lazy", {"train": ()})
    lazy.questions = lambda split: LazyQuestions([large], lambda place, outline: outline)
    kept, made = env(questions=question_set(large)).stage, env(questions=lazy).stage
    difference = made._weight(made.case(0)) - kept._weight(kept.case(0))
    assert difference == module.FACT_BYTES * 3_000


def test_a_set_without_graphs_is_told():
    plain = question_set(Question("q", "Who?", ("Ada",)), name="plain")
    with pytest.raises(DataError, match="Question 'q' of plain has no graph: no facts, no topic"):
        env(questions=plain).reset()


def test_a_file_without_graphs_is_told(tmp_path):
    file = tmp_path / "plain.jsonl"
    file.write_text('{"id": "q", "question": "Who?", "answer": "Ada"}\n')
    made = env(questions=str(file), split="train")
    with pytest.raises(
        DataError, match=r"has no graph.*Give questions with facts.*'Your own graph' in"
    ):
        made.reset()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"question_id": "x"}, UnknownNameError, "No question has the id 'x'"),
        ({"question_id": 5}, UnknownNameError, "No question has the id 5"),
        ({"index": 99}, ConfigError, "index'] is 99; it must be from 0 to 13"),
        ({"index": "0"}, ConfigError, "index'] is '0'"),
        ({"indx": 0}, ConfigError, "reset has no option 'indx'"),
        ({"index": 0, "question_id": "chain"}, ConfigError, "either options"),
    ],
)
def test_options_that_cannot_be_are_told(options, error, message):
    with pytest.raises(error, match=message):
        env().reset(options=options)


def test_questions_are_drawn_evenly():
    stage, rng = env().stage, rng_for(0, "stage")
    counts = np.bincount([stage.place(rng, None) for _ in range(7_000)], minlength=14)
    assert counts.min() > 400


def test_a_stage_can_be_sent_to_a_process_without_its_cases():
    stage = env().stage
    stage.case(0)
    again = pickle.loads(pickle.dumps(stage))
    assert not again._cases and again._kept == 0
    assert again.offer("chain") == stage.offer("chain") and len(stage._cases) == 1
