import pytest

from hopgym.benchmarks.fuzz.records import RECORDS, RecordTarget, record_targets
from hopgym.benchmarks.fuzz.runner import Fault, fuzz


@pytest.mark.parametrize("loader", RECORDS)
def test_hostile_records_are_questions_or_named(loader):
    found = fuzz(RecordTarget(loader), 60)
    assert not found.failures, found.failures[0].problem


@pytest.mark.slow
def test_a_hundred_thousand_records():
    for target in record_targets():
        assert not fuzz(target, 100_000 // len(RECORDS) + 1).failures


def test_the_sound_records_are_questions():
    for loader in RECORDS:
        target = RecordTarget(loader)  # reads its sound record
        assert target.name == f"records:{loader}"


def test_an_error_that_names_no_file_is_told():
    target = RecordTarget("plain")
    with pytest.raises(Fault, match="the error names no file: bad"):
        target._check_words("bad", *target._write({"line": "{}"}))
