from dataclasses import replace

import numpy as np
import pytest
from boards import make_one, make_trajectory
from kg_episodes import QUESTION as FACT_QUESTION
from kg_episodes import one_shot

from hopgym.agents.rollout import Episode, Job
from hopgym.benchmarks.records import Facts, Record, count_hops, encode, make_record
from hopgym.core import Hop, Question, Step, from_json
from hopgym.errors import ResultsError

QUESTION = Question("q0", "Where?", ("Leeds",), type="chain", hops=(Hop("a", "b"), Hop("c", "d")))


def episode(**changes):
    base = Episode(Job("q0", 3), make_trajectory(), 1.5, {"gold": 1.5}, {"em": 1.0}, 0.25)
    return base._replace(**changes)


def test_a_record_says_what_was_played_and_what_came_out():
    record = make_record(
        make_one().protocol,
        QUESTION,
        episode(),
        facts=Facts(True, False),
        ceiling=True,
        command="hopgym bench",
    )
    assert record.key == ("q0", 3)
    assert (record.steps, record.queries, record.tokens) == (2, 1, 6)
    assert (record.prediction, record.answers, record.hops) == ("Leeds", ("Leeds",), 2)
    assert (record.answer_reachable, record.documents_reachable) == (True, False)
    assert record.ceiling and record.error is None and record.command == "hopgym bench"
    assert record.protocol == make_one().protocol


def test_a_record_survives_its_file():
    record = make_one(question="U+2028 \u2028 and \U0001d518", answers=("a", "b"))
    line = encode(record)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert from_json(line, Record) == record


def test_half_a_surrogate_pair_does_not_stop_a_run():
    line = encode(make_one(prediction="x\ud800y"))
    assert from_json(line, Record).prediction == "x?y"


def test_numbers_of_numpy_are_numbers():
    step = Step(1, np.int64(3), {}, "", reward_terms={"x": np.float32(0.5)})
    trajectory = replace(make_trajectory(), steps=(step,))
    record = make_one(metrics={"f1": np.float64(0.25)}, trajectory=trajectory, prediction="\ud800")
    for line in (encode(record), encode(replace(record, prediction="x"))):
        read = from_json(line, Record)
        assert read.metrics == {"f1": 0.25}
        assert (read.trajectory.steps[0].action, read.trajectory.steps[0].reward_terms) == (
            3,
            {"x": 0.5},
        )


def test_what_has_no_form_in_json_is_refused():
    trajectory = replace(make_trajectory(), steps=(Step(1, object()),))
    with pytest.raises(ResultsError, match="A object cannot be kept in a results file"):
        encode(make_one(trajectory=trajectory))


def test_the_contract_fields_stand_in_every_line():
    fields = from_json(encode(make_one()), dict)
    contract = (
        "env_id agent question_id seed metrics reward reward_terms steps queries tokens latency_s "
        "error hopgym_version dataset_fingerprint retriever_fingerprint command"
    )
    assert set(contract.split()) <= set(fields)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trajectory": None, "error": "RetrievalError: down"}, "RetrievalError: down"),
        ({"trajectory": None}, "without info"),
        ({"reward": float("nan")}, "reward is nan"),
        ({"metrics": {"f1": float("inf")}}, "f1 is inf"),
    ],
)
def test_a_failure_is_an_error_and_never_a_score(changes, message):
    record = make_record(make_one().protocol, QUESTION, episode(**changes))
    assert message in record.error
    assert record.metrics == {} and record.reward == 0.0


def test_hops_that_are_not_known_are_0():
    assert count_hops(QUESTION) == 2
    assert count_hops(replace(QUESTION, hops=())) == 0


def test_protocols_are_compared_as_json():
    protocol = make_one(env_kwargs={"hops": (2, 3)}).protocol
    assert protocol.differences(make_one(env_kwargs={"hops": [2, 3]}).protocol) == []
    other = make_one(env_kwargs={"hops": (2, 3)}, dataset_fingerprint="data-2").protocol
    assert protocol.differences(other) == ["dataset_fingerprint: 'data-1', not 'data-2'"]


def test_an_episode_of_selecting_facts_keeps_them():
    played = one_shot([1, 3], ["Oz"])
    record = make_record(make_one().protocol, FACT_QUESTION, episode(trajectory=played))
    assert [edge.place for edge in record.graph.edges] == [0, 1, 3]
    assert from_json(encode(record), Record) == record
    assert make_record(make_one().protocol, QUESTION, episode()).graph is None
