from collections import Counter
from dataclasses import replace

import pytest

from hopgym.agents.expert.collect import collect
from hopgym.agents.expert.collection import Collection
from hopgym.benchmarks.export.examples import is_results, read_examples, reasons, records_in
from hopgym.benchmarks.records import encode
from hopgym.errors import ConfigError, DataError, ResultsError


def test_good_episodes_are_kept_and_the_others_counted(text_results):
    records = records_in(text_results)
    good = [r for r in records if r.metrics["em"] == 1.0]
    found = read_examples(text_results)
    assert 0 < len(good) < len(records)
    assert [each.reward for each in found.kept] == [r.reward for r in good]
    assert [len(each.rows) for each in found.kept] == [r.steps for r in good]
    assert [each.agent for each in found.kept] == [r.agent for r in good]
    assert found.left_out == Counter({"em 0": len(records) - len(good)})
    assert all(
        row.output in r.trajectory.transcript
        for each, r in zip(found.kept, good, strict=True)
        for row in each.rows
    )
    every = read_examples(text_results, ["reward>-9"])
    assert len(every.kept) == len(records) and not every.left_out


def test_the_grammar_is_the_environment_s(text_results):
    names = {row.grammar.name for each in read_examples(text_results).kept for row in each.rows}
    assert names == {"r3", "dag", "rag_answer"}


def test_a_failure_is_no_example(text_results, records_of, tmp_path):
    first, second = records_of(text_results, "read--oracle")[:2]
    failed = replace(second, error="RetrievalError: gone", trajectory=None, metrics={})
    path = tmp_path / "a--oracle.jsonl"
    path.write_bytes(encode(first) + encode(failed))
    assert is_results(path)
    found = read_examples(path)
    assert len(found.kept) == 1 and reasons(found.left_out) == "1 left out by a failure"


def test_what_expert_collected_is_read_as_well(tmp_path):
    raw = tmp_path / "raw.jsonl"
    world = "world?entities=300&hops=1-2&train=4&dev=2&test=6"
    told = collect(Collection(questions=world, episodes=3, exclude=()), raw)
    assert not is_results(raw)
    found = read_examples(raw)
    assert len(found.kept) == told.accepted == 3
    assert found.kept[0].reward == sum(row.reward for row in found.kept[0].rows)
    with pytest.raises(ConfigError, match=r"accepted when it was collected; --accept"):
        read_examples(raw, ["em"])


def test_nothing_to_export_is_told(text_results, array_results, tmp_path):
    with pytest.raises(DataError, match=r"no episode to export: \d+ left out by reward"):
        read_examples(text_results, ["reward>99"])
    with pytest.raises(ConfigError, match="not played in text"):
        read_examples(array_results)
    with pytest.raises(ResultsError, match="No results"):
        read_examples(tmp_path)
