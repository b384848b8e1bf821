import json

import pytest

from hopgym.agents.model_folder import FILE, read_model_folder, write_model_folder
from hopgym.errors import ConfigError, DataError


def test_what_was_written_is_read(tmp_path):
    file = write_model_folder(tmp_path / "m", "llm", {"temperature": 0.5}, made={"steps": 7})
    assert json.loads(file.read_text()) == {
        "kind": "llm",
        "options": {"temperature": 0.5},
        "made": {"steps": 7},
    }
    found = read_model_folder(tmp_path / "m")
    assert found == ("llm", {"temperature": 0.5, "model": str(tmp_path / "m")})


def test_a_folder_that_says_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"is a folder without a hopgym.json.*'llm\?model="):
        read_model_folder(tmp_path)


@pytest.mark.parametrize(
    "said", ["[]", '{"options": {}}', '{"kind": 3}', '{"kind": "llm", "options": []}']
)
def test_what_says_something_else_is_refused(tmp_path, said):
    (tmp_path / FILE).write_text(said)
    with pytest.raises(DataError, match='needs a "kind", the name of an agent'):
        read_model_folder(tmp_path)


def test_what_cannot_be_read_is_named(tmp_path):
    (tmp_path / FILE).write_text("{")
    with pytest.raises(DataError, match=r"hopgym\.json: not JSON"):
        read_model_folder(tmp_path)


def test_it_tells_not_whether_the_run_was_stopped_and_gone_on_with(tmp_path):
    files = [
        write_model_folder(tmp_path / str(resume), "llm", made={"lr": 0.1, "resume": resume})
        for resume in (True, False)
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(files[0].read_text())["made"] == {"lr": 0.1}
