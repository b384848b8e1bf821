import json

import pytest
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.agents.contamination.record import trained_on, write_trained_on
from hopgym.agents.contamination.sources import read_asked
from hopgym.agents.model_folder import write_model_folder
from hopgym.errors import ConfigError, UnknownNameError

LONG = "In which year was the river that flows through the town of Vel first crossed?"


def file_of(path, *texts):
    path.write_text(
        "".join(
            json.dumps({"id": f"{path.stem}{n}", "question": t, "answer": "x"}) + "\n"
            for n, t in enumerate(texts)
        )
    )
    return str(path)


@pytest.fixture
def files(tmp_path):
    train = file_of(tmp_path / "train.jsonl", "Who wrote Vel?", LONG, "Alone?")
    test = file_of(tmp_path / "test.jsonl", "who wrote the VEL", f"Tell me: {LONG}", "[b]New[/b]?")
    return train, test


def run(*given):
    return CliRunner().invoke(build_app(), ["contamination", *given])


def test_what_is_shared_is_told_and_the_status_is_one(files):
    told = run(*files)
    assert told.exit_code == 1
    assert "2 of 3 questions were found." in told.stdout
    assert "text\n  eval  test0: who wrote the VEL\n  train train0: Who wrote Vel?" in told.stdout
    assert "ngram (100 % of its words, by weight)" in told.stdout


def test_a_number_may_be_allowed_and_kinds_chosen(files):
    assert run(*files, "--allow", "2").exit_code == 0
    assert run(*files, "--allow", "1").exit_code == 1
    assert run(*files, "--kinds", "id, facts").exit_code == 0
    told = run(*files, "--kinds", "text", "--examples", "0")
    assert told.exit_code == 1 and "ngram" not in told.stdout and "eval  test0" not in told.stdout


def test_what_is_near_and_no_copy_is_told_as_that(files):
    assert "None is the same" not in run(*files).stdout
    near = run(*files, "--kinds", "ngram").stdout
    assert "None is the same" in near and "--kinds id,text,facts counts" in near


def test_apart_is_apart(tmp_path, files):
    other = file_of(tmp_path / "other.jsonl", "Something else?")
    told = run(files[0], other)
    assert told.exit_code == 0 and "0 of 1 questions were found." in told.stdout


def test_json_has_every_pair(files):
    told = json.loads(run(*files, "--json").stdout)
    assert told["found"] == 2 and told["questions"] == 3 and told["trained_questions"] == 3
    assert told["kinds"] == {
        "id": 0, "text": 1, "facts": 0, "chain": 0, "documents": 0, "ngram": 1,
    }  # fmt: skip
    assert told["pairs"][0] == {
        "kind": "text", "evaluated": "test0", "trained": "train0", "share": 1.0, "same_answer": True,
    }  # fmt: skip


def test_a_model_s_folder_says_what_it_was_trained_on(tmp_path, files):
    folder = tmp_path / "model"
    write_trained_on(folder, trained_on(read_asked(files[0])))
    told = run(str(folder), files[1])
    assert told.exit_code == 1
    assert "was trained on train.jsonl train (3)." in told.stdout.replace("\n", "") or "(3)." in told.stdout  # fmt: skip
    assert "1 of 3 questions of" in told.stdout and "test0, by its text: who wrote" in told.stdout
    said = json.loads(run(str(folder), files[1], "--json").stdout)
    assert said["by"] == {"test0": "text"} and said["found"] == 1
    assert run(str(folder), files[1], "--kinds", "id").exit_code == 0


def test_what_cannot_be_told_is_an_error(tmp_path, files):
    assert isinstance(run(*files, "--kinds", "txt").exception, UnknownNameError)
    write_model_folder(tmp_path / "old", "llm")
    with pytest.raises(ConfigError, match=r"has no trained_on\.json.* Name the questions instead"):
        raise run(str(tmp_path / "old"), files[1]).exception
