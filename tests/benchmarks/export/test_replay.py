from dataclasses import replace

import pytest

from hopgym.benchmarks.export.replay import play_again, reopened
from hopgym.errors import ConfigError, DataError


@pytest.mark.parametrize("begins", ["steps--oracle", "steps--random", "once--oracle"])
def test_what_was_played_is_paid_the_same_again(array_results, records_of, begins):
    records = records_of(array_results, begins)
    with reopened(records[0]) as env:
        for record in records:
            again = play_again(env, record)
            assert sum(again.rewards) == record.reward
            assert len(again.observations) == len(again.actions) + 1 == record.steps + 1
            assert again.terminated != again.truncated


def test_another_pay_is_told(array_results, records_of):
    record = records_of(array_results, "steps--oracle")[0]
    with reopened(record) as env:
        with pytest.raises(DataError, match=r"was paid -1\.0 and, played again, ended with 0\.99"):
            play_again(env, replace(record, reward=-1.0))
        steps = record.trajectory.steps[:-1]
        short = replace(record, trajectory=replace(record.trajectory, steps=steps))
        with pytest.raises(DataError, match=r"did not end with .*hopgym bench --fresh"):
            play_again(env, short)


def test_other_questions_are_refused(text_results, records_of):
    record = records_of(text_results, "read--oracle")[0]
    with pytest.raises(ConfigError, match=r"other questions or documents\. Name those"):
        reopened(record, "world?entities=310&hops=1-2&train=4&dev=2&test=6").__enter__()
    lost = replace(record, questions="lost_file")
    with pytest.raises(ConfigError, match=r"name it by --questions"):
        reopened(lost).__enter__()
    with reopened(lost, record.questions) as env:
        assert env.unwrapped.split == "test"
    with pytest.raises(ConfigError, match=r"results are of hopgym/SearchRead-v0, not of"):
        reopened(record, env="hopgym/RAG-v0").__enter__()
