import subprocess
import sys

from typer.testing import CliRunner

import hopgym
from hopgym.__main__ import build_app


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


def test_what_the_file_system_refuses_is_one_line_too(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("world", "--out", str(tmp_path / "file" / "world"), "--entities", "200")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert str(tmp_path / "file") in result.stderr.replace("\n", "")
