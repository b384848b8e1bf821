import msgspec
import pytest
from subgraphs import (
    AUTHOR,
    AWKWARD,
    CHAIN,
    LIVES,
    RANDOM,
    at_once,
    begin,
    env,
    play,
    question_set,
    slots,
)

from hopgym.core import Trajectory, from_json, to_json
from hopgym.rewards.answer import cover_em, exact_match, f1
from hopgym.rewards.kg import answer_metrics, selection_metrics
from hopgym.rewards.kg.facts import gold_answers
from hopgym.rewards.kg.reward import chosen_facts
from hopgym.seeding import rng_for

QUESTIONS = question_set(*AWKWARD, *RANDOM.questions("train"))
PLAYS = ({"mode": "one_shot"}, {"mode": "sequential", "max_steps": 5, "top_k": 6})


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
def test_metrics_kept_as_one_goes_equal_those_of_the_selection(keywords):
    made, rng = env(questions=QUESTIONS, **keywords), rng_for(0, "records")
    for index in list(range(len(made.stage.questions))) * 2:
        rewards, info = play(made, rng, valid=index % 2 == 0, options={"index": index})
        question, trajectory, metrics = made.question, info["trajectory"], info["metrics"]
        told = selection_metrics(question, chosen_facts(trajectory))
        assert {name: metrics[name] for name in told} == told
        answers = trajectory.steps[-1].parsed.get("answers", [])
        told = answer_metrics(answers, gold_answers(question))
        assert {name: metrics[name] for name in told} == told
        for name, metric in (("em", exact_match), ("f1", f1), ("cover_em", cover_em)):
            assert metrics[name] == metric(info["prediction"], question.answers)
        assert metrics["steps"] == len(rewards) and all(type(m) is float for m in metrics.values())
        assert ("offered_recall" in metrics) == bool(question.gold_facts)


def test_an_episode_fact_by_fact_is_stored_by_the_facts_of_the_question():
    made = env(mode="sequential", top_k=3, questions=question_set(CHAIN), retriever="bm25")
    begin(made, "chain")
    places = made.stage.places("chain")
    assert sorted(places) == [0, 1, 3]
    far, author = slots(made, "chain", 3, 0)
    for action in (far, far, author):
        made.step(action)
    *_, info = made.step(3)
    trajectory = info["trajectory"]
    assert [step.action for step in trajectory.steps] == [far, far, author, 3]
    assert [step.index for step in trajectory.steps] == [1, 2, 3, 4]
    assert [step.parse_error for step in trajectory.steps] == [None, "masked_action", None, None]
    assert [dict(step.parsed) for step in trajectory.steps] == [
        {"kind": "select", "facts": [3], "invalid": 0},
        {"kind": "select", "facts": [], "invalid": 1},
        {"kind": "select", "facts": [0], "invalid": 0},
        {"kind": "stop", "facts": [], "invalid": 0, "answers": ["b"]},
    ]
    assert (trajectory.outcome, trajectory.prediction, trajectory.seed) == ("answered", "b", 0)
    assert trajectory.env_id == "hopgym/KGSubgraph-v0" and trajectory.question_id == "chain"


def test_an_episode_at_once_is_one_step():
    made = env()
    begin(made, "chain")
    *_, info = made.step(at_once(AUTHOR, LIVES, 6))
    (step,) = info["trajectory"].steps
    assert step.action == [AUTHOR, LIVES, 6] and step.parse_error == "masked_action"
    assert step.parsed == {"kind": "select", "facts": [0, 1], "invalid": 1, "answers": ["c"]}
    assert info["trajectory"].outcome == "answered" and info["prediction"] == "c"


def test_an_episode_without_an_answer_predicts_nothing():
    made = env(mode="sequential", max_steps=1)
    begin(made, "chain")
    *_, truncated, info = made.step(0)
    assert truncated and info["prediction"] is None and info["metrics"]["em"] == 0.0
    assert info["trajectory"].outcome == "out_of_steps"
    assert "answers" not in info["trajectory"].steps[-1].parsed
    begin(made, "chain")
    *_, info = made.step(8)
    assert info["prediction"] == "" and info["trajectory"].steps[-1].parsed["answers"] == []


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
def test_an_episode_is_written_and_read_again(keywords):
    made, rng = env(**keywords), rng_for(1, "records")
    for index, question in enumerate(made.stage.questions):
        if question.id == "odd":  # a lone surrogate is no text that a file can hold
            continue
        _, info = play(made, rng, valid=False, options={"index": index})
        trajectory = info["trajectory"]
        assert from_json(to_json(trajectory), Trajectory) == trajectory
        assert msgspec.json.encode(info["metrics"])
