import json

import numpy as np
import pytest

from hopgym.agents.contamination.record import (
    FILE,
    joined,
    read_trained_on,
    trained_on,
    write_trained_on,
)
from hopgym.core import Fact, Question
from hopgym.envs.contamination import EXACT, Asked
from hopgym.errors import DataError

FACTS = (Fact("Vel", "author", "Ada"), Fact("Ada", "born_in", "Bo"))


def question(id, text, gold=()):
    return Question(id, text, ("x",), facts=FACTS, gold_facts=gold)


TRAINED = Asked("set train", [question("a", "Who wrote Vel?"), question("b", "B?", (0, 1))], "set")


def test_what_was_trained_on_is_known_again(tmp_path):
    write_trained_on(tmp_path, trained_on(TRAINED))
    told = read_trained_on(tmp_path)
    played = [
        question("a", "Another"),
        question("n", "who wrote\u200b the VEL"),
        question("m", "Which place?", (1, 0)),
        question("l", "New"),
    ]
    assert told.seen(played, "set") == {"a": "id", "n": "text", "m": "facts"}
    assert told.seen(played, "other") == told.seen(played) == {"n": "text", "m": "facts"}
    assert repr(told) == "TrainedOn(set train (2))"


def test_ids_of_no_set_are_not_kept():
    told = trained_on(Asked("rows", [question("a", "Who wrote Vel?")]))
    assert len(told.hashes["id"]) == 0 and told.seen([question("a", "New")]) == {}


def test_what_a_model_was_trained_on_before_counts():
    first = trained_on(TRAINED)
    second = trained_on(Asked("more", [question("c", "C?")], "set"))
    whole = joined([first, None, second])
    assert [source["name"] for source in whole.sources] == ["set train", "more"]
    assert set(whole.seen([question("a", "x"), question("c", "y")], "set")) == {"a", "c"}
    again = joined([whole, second])
    assert again.sources == whole.sources
    assert all(np.array_equal(again.hashes[kind], whole.hashes[kind]) for kind in EXACT)
    assert joined([None]) is None and joined([]) is None


def test_the_same_questions_leave_the_same_file_in_whatever_order(tmp_path):
    turned = Asked(TRAINED.name, TRAINED.questions[::-1], TRAINED.scope)
    files = [
        write_trained_on(tmp_path / str(n), trained_on(each))
        for n, each in enumerate((TRAINED, turned))
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(files[0].read_text())["sources"] == [{"name": "set train", "questions": 2}]


def test_many_questions_take_few_bytes(tmp_path):
    many = [Question(str(n), f"Who is number {n}?", ("x",)) for n in range(5_000)]
    file = write_trained_on(tmp_path, trained_on(Asked("many", many, "set")))
    assert file.stat().st_size < 5_000 * 2 * 11 + 1_000
    assert len(read_trained_on(tmp_path).seen(many, "set")) == 5_000
    others = [Question(f"x{n}", f"Where is number {n}?", ("x",)) for n in range(5_000)]
    assert read_trained_on(tmp_path).seen(others, "set") == {}


def test_a_folder_without_a_record_says_nothing_and_the_best_so_far_has_its_run_s(tmp_path):
    assert read_trained_on(tmp_path) is None and read_trained_on(tmp_path / "none") is None
    write_trained_on(tmp_path, trained_on(TRAINED))
    assert read_trained_on(tmp_path / "best").sources == trained_on(TRAINED).sources
    assert read_trained_on(tmp_path / "other") is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "no record of version 1"),
        ({"sources": [{"name": 1}]}, "its sources have no names and counts"),
        ({"sources": None}, "its sources have no names"),
        ({"text": "AAA"}, "its text is no list of hashes"),
        ({"facts": "AAAA"}, "its facts is no list of hashes"),
        ({"id": None}, "its id is no list of hashes"),
        ({"id": ["a"]}, "its id is no list of hashes"),
    ],
)
def test_a_damaged_record_is_told(tmp_path, change, why):
    file = write_trained_on(tmp_path, trained_on(TRAINED))
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(DataError, match=rf"{FILE} does not say .*{why}.* or remove the file"):
        read_trained_on(tmp_path)


def test_half_a_record_is_told(tmp_path):
    file = write_trained_on(tmp_path, trained_on(TRAINED))
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match="not JSON"):
        read_trained_on(tmp_path)
