import pytest
from sft_runs import byte_tokenizer, rows, settings, workplace

from hopgym.agents.expert.encoding import IGNORED
from hopgym.agents.expert.rows import write_instructions
from hopgym.agents.sft.data import check_held_out, read_data
from hopgym.core import Question
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("data"))


def test_files_become_sequences_with_labels_on_the_outputs(place):
    data = read_data(settings(place), byte_tokenizer())
    assert len(data.rows) == 32 and len(data.encoded.rows) == 16
    dataset = data.dataset()
    assert sorted(dataset.column_names) == ["input_ids", "labels"]
    decode = byte_tokenizer().decode
    for row, pair in zip(dataset, zip(rows()[::2], rows()[1::2], strict=True), strict=True):
        learnt = decode([label for label in row["labels"] if label != IGNORED])
        first, second = (each.output for each in pair)
        assert learnt == f"{first}\nThe retrieval documents:{second}<|im_end|>"
        assert decode(row["input_ids"]).startswith(pair[0].context)


def test_several_files_are_read_one_after_the_other(place, tmp_path):
    more = tmp_path / "more.json"
    write_instructions(more, rows(3))
    both = settings(place, data_path=(str(place / "rows.jsonl"), str(more)))
    assert len(read_data(both, byte_tokenizer()).encoded.rows) == 19


def test_other_tokens_have_another_fingerprint(place):
    prints = {
        read_data(settings(place, **changes), byte_tokenizer()).fingerprint
        for changes in ({}, {"unit": "step"}, {"instructions": True})
    }
    assert len(prints) == 3
    assert read_data(settings(place), byte_tokenizer()).fingerprint in prints


def test_sequences_fit_the_model_and_the_setting(place):
    long = settings(place, max_length=4096)
    whole = read_data(long, byte_tokenizer())
    longest = max(len(row.input_ids) for row in whole.encoded.rows)
    cut = read_data(long, byte_tokenizer(), context=longest - 1)
    assert max(len(row.input_ids) for row in cut.encoded.rows) < longest
    with pytest.raises(ConfigError, match="None of 32 steps leaves room for its context in 8 tok"):
        read_data(settings(place, max_length=8), byte_tokenizer())


def test_questions_that_are_played_must_not_be_trained_on():
    played = LoadedQuestions("set", {"dev": [Question("x", "where is VEL 0", ("a",))]})
    with pytest.raises(DataError, match="1 of 1 questions of set dev also stand in the data"):
        check_held_out(rows(), played, "dev")
    check_held_out(rows()[2:], played, "dev")
