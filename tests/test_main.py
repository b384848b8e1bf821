import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hopgym
from hopgym.__main__ import _format_warning, _print_error, build_app


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hopgym", *arguments], capture_output=True, text=True
    )


def test_every_package_brings_its_commands():
    shown = CliRunner().invoke(build_app(), ["--help"]).stdout
    commands = "envs play agents datasets rewards retrievers score world bench leaderboard doctor"
    assert all(name in shown for name in commands.split())


def test_the_version_is_told():
    assert run("--version").stdout.strip() == f"hopgym {hopgym.__version__}"


def test_our_own_errors_are_one_line_and_status_2():
    result = run("play", "hopgym/SearchRead-v0", "--questions", "wrold")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert "UnknownNameError" in result.stderr and "'world'" in result.stderr


def test_an_unknown_environment_is_one_line_too():
    result = run("play", "hopgym/SearchRaed-v0")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert "SearchRead" in result.stderr


def test_our_own_warnings_are_one_line():
    ours = str(Path(hopgym.__file__).parent / "agents" / "guard.py")
    assert _format_warning(UserWarning("Near."), UserWarning, ours, 3) == "Warning: Near.\n"
    for place, kind in (("/usr/lib/x.py", UserWarning), (ours, DeprecationWarning)):
        assert place in _format_warning("Old.", kind, place, 3)


def test_what_the_file_system_refuses_is_one_line_too(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("world", "--out", str(tmp_path / "file" / "world"), "--entities", "200")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert str(tmp_path / "file") in result.stderr.replace("\n", "")


def test_what_a_users_file_raises_is_one_line_with_its_place(tmp_path):
    file = tmp_path / "my.py"
    file.write_text(
        "from hopgym.core import Question\n"
        "def missing():\n    yield Question('a', 'Who?', ('x',))\n    open('/nope/at/all')\n"
        "def wrong():\n    yield Question('a', 'Who?', ('x',))\n    1 / 0\n"
    )
    for name, raised, line in [
        ("missing", "FileNotFoundError", "line 4 of"),
        ("wrong", "ZeroDivisionError", "line 7 of"),
    ]:
        result = run("play", "hopgym/SearchRead-v0", "--questions", f"{file}:{name}")
        assert result.returncode == 2 and "Traceback" not in result.stderr
        assert raised in result.stderr and line in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "MemoryError:  Memory ran out: give less at a time"),
        (RuntimeError("CUDA out of memory."), "RuntimeError: CUDA out of memory. Memory ran out"),
        (OSError(28, "No space left", "a.json"), "'a.json' Free some space there and run"),
        (Exception("I/O error (os error 28)"), "Exception: I/O error (os error 28) Free some"),
    ],
)
def test_what_the_machine_refuses_is_one_line_with_what_to_do(error, said, capsys):
    _print_error(error)
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1


def test_a_mistake_of_our_own_keeps_its_traceback():
    source = compile("def bug(): 1 / 0", "inside.py", "exec")
    inside = {"__name__": "hopgym.inside"}
    exec(source, inside)
    with pytest.raises(ZeroDivisionError):
        try:
            inside["bug"]()
        except ZeroDivisionError as error:
            _print_error(error.with_traceback(error.__traceback__.tb_next))
