import sys

import pytest

from hopgym.errors import ConfigError, UnknownNameError
from hopgym.registry import Registry, load_attribute


@pytest.fixture
def tools():
    registry = Registry("tool", "hopgym tools")
    registry.register("dumps", "Writes JSON.", "json:dumps")
    return registry


def test_a_string_is_imported_when_asked_for(tools):
    assert tools.get("dumps")([1]) == "[1]"
    assert list(tools) == ["dumps"] and tools.summary("dumps") == "Writes JSON."


def test_a_decorated_function_takes_its_docstring_as_summary(tools):
    @tools.register("double")
    def double(x):
        """Twice as much."""
        return 2 * x

    assert tools.get("double")(2) == double(2) == 4
    assert tools.summary("double") == "Twice as much." and "double" in tools


def test_a_users_own_part_needs_no_registration(tools, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def make(): return 'mine'")
    assert tools.get(f"{file}:make")() == "mine"
    assert tools.get("json:loads")("1") == 1
    assert load_attribute(f"{file}:make") is tools.get(f"{file}:make")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("dump", UnknownNameError, "Unknown tool 'dump'. Did you mean 'dumps'"),
        ("no_such_module:x", ConfigError, "No module 'no_such_module'"),
        ("json:nothing", ConfigError, "'json' has no attribute 'nothing'"),
        ("nowhere.py:x", ConfigError, "No file 'nowhere.py'"),
    ],
)
def test_what_does_not_exist_is_named(tools, name, error, message):
    with pytest.raises(error, match=message):
        tools.get(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nimport not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("\ndef broken(:", "SyntaxError: .*"),
        ("\n1 / 0", "ZeroDivisionError: division by zero"),
        ("\nimport json; json.loads('x')", "JSONDecodeError: .*"),
        ("\nimport sys; sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_a_users_broken_file_is_told_with_its_line_every_time(
    tools, tmp_path, monkeypatch, text, message
):
    (tmp_path / "broken_1234.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    place = r" \(line 2 of broken_1234\.py\)\.$"
    for _ in range(2):
        with pytest.raises(
            ConfigError, match=f"^The file 'broken_1234.py' cannot be loaded: {message}{place}"
        ):
            tools.get("broken_1234.py:x")
    with pytest.raises(ConfigError, match="^The module 'broken_1234' cannot be loaded: " + message):
        tools.get("broken_1234:x")


def test_a_name_may_not_look_like_a_path(tools):
    with pytest.raises(ConfigError, match="cannot name a tool"):
        tools.register("a:b", "", "json:dumps")


def test_a_users_file_may_import_what_lies_beside_it(tools, tmp_path):
    (tmp_path / "beside_it_1234.py").write_text("VALUE = 7")
    (tmp_path / "own.py").write_text("from beside_it_1234 import VALUE")
    assert tools.get(f"{tmp_path / 'own.py'}:VALUE") == 7


def test_modules_in_the_current_folder_are_found(tools, tmp_path, monkeypatch):
    (tmp_path / "lies_here_1234.py").write_text("VALUE = 8")
    monkeypatch.chdir(tmp_path)
    assert tools.get("lies_here_1234:VALUE") == 8


def test_a_file_may_be_given_relative_to_here(tools, tmp_path, monkeypatch):
    (tmp_path / "near.py").write_text("VALUE = 9")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert tools.get("./near.py:VALUE") == 9
    with pytest.raises(ConfigError, match="names nothing"):
        tools.get(".near:VALUE")
