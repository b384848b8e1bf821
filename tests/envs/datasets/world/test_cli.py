import pytest
import typer
from typer.testing import CliRunner

from hopgym.envs.datasets.folder import QuestionFolder
from hopgym.envs.datasets.world import World
from hopgym.envs.datasets.world.cli import add_commands
from hopgym.errors import ConfigError

app = typer.Typer()
add_commands(app)
app.command("other")(lambda: None)  # with one command alone, typer would leave out its name

DIALS = {"entities": 80, "train": 12, "dev": 4, "test": 4}
SIZES = [part for name, value in DIALS.items() for part in (f"--{name}", str(value))]


def run(*arguments):
    return CliRunner().invoke(app, ("world", *arguments), env={"COLUMNS": "200"})


def test_a_world_is_written_with_the_dials_given(tmp_path):
    dials = ("--hops", "2-3", "--kinds", "chain,mixed", "--distractors", "0", "--seed", "5")
    shares = ("--paraphrase", "1", "--missing", "0.1")
    result = run("--out", str(tmp_path / "w"), *SIZES, *dials, *shares)
    assert result.exit_code == 0, result.output
    others = {"distractors": 0, "seed": 5, "paraphrase": 1, "missing": 0.1}
    world = World(hops=(2, 3), kinds="chain,mixed", **others, **DIALS)
    loaded = QuestionFolder(tmp_path / "w")
    assert list(loaded.documents) == list(world.documents)
    assert all(loaded.questions(split) == world.questions(split) for split in world.splits)
    assert world.fingerprint in result.stdout
    assert str(len(world.documents)) in result.stdout and "facts" in result.stdout


def test_the_dials_left_out_are_the_worlds_own(tmp_path):
    assert run("--out", str(tmp_path / "w"), *SIZES).exit_code == 0
    world = World(**DIALS)
    assert list(QuestionFolder(tmp_path / "w").documents) == list(world.documents)


def test_a_world_is_overwritten_only_when_told_so(tmp_path):
    arguments = ("--out", str(tmp_path / "w"), *SIZES)
    assert run(*arguments).exit_code == 0
    refused = run(*arguments)
    assert refused.exit_code == 1 and "--overwrite" in str(refused.exception)
    assert run(*arguments, "--overwrite").exit_code == 0


@pytest.mark.parametrize("option", [("--hops", "0"), ("--kinds", "chian"), ("--entities", "9")])
def test_bad_dials_write_nothing(tmp_path, option):
    result = run("--out", str(tmp_path / "w"), *option)
    assert isinstance(result.exception, ConfigError)
    assert not list(tmp_path.iterdir())


def test_the_folder_must_be_given():
    assert run().exit_code == 2
