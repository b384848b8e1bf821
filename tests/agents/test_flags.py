import json
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import typer
from typer.testing import CliRunner

from hopgym.agents.flags import DASHES, command, read_config
from hopgym.errors import ConfigError, DataError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of a learner that there is not."""

    name: Annotated[str, "Who."] = "nobody"
    many_files: Annotated[tuple[str, ...], "Which."] = ()
    batch_size: Annotated[int, "How many."] = 4
    lr: Annotated[float | None, "How fast."] = None
    careful_now: Annotated[bool, "Whether.", "Ways"] = True
    maybe: Annotated[bool | None, "Perhaps."] = None
    mode: Annotated[Literal["a", "b"], "a or b."] = "a"


PRESETS = {"small": {"name": "small", "batch_size": 1, "lr": 0.5}, "large": {"batch_size": 99}}


@dataclass(frozen=True, kw_only=True)
class Heir(Settings):
    """Of a learner that is much like another."""

    fortune: Annotated[int, "What it has.", "Its own"] = 0
    name: Annotated[str, "Who it is."] = "heir"


def run(*arguments, kind=Settings, presets=None, not_in_files=()):
    seen = []
    app = typer.Typer()
    made = command(kind, seen.append, "Learn.", presets, not_in_files=not_in_files)
    app.command(context_settings=DASHES)(made)
    result = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200"})
    return result, (seen or [None])[0]


def test_without_flags_all_is_as_usual():
    result, given = run()
    assert result.exit_code == 0 and given == Settings()


@pytest.mark.parametrize("dash", ["_", "-"])
def test_every_field_is_a_flag_with_underscores_or_dashes(dash):
    many, size, careful = (
        name.replace("_", dash) for name in ("many_files", "batch_size", "no_careful_now")
    )
    result, given = run(
        "--name", "x", f"--{many}", "a", f"--{many}", "b", f"--{size}", 2, "--lr", "1e-3",
        f"--{careful}", "--mode", "b", "--no_maybe",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert given == Settings(
        name="x", many_files=("a", "b"), batch_size=2, lr=1e-3, careful_now=False, maybe=False,
        mode="b",
    )  # fmt: skip


def test_a_file_of_settings_is_read_and_flags_win(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"name": "file", "batch_size": 8, "many_files": ["a"]}))
    result, given = run("--config", file, "--batch_size", 4)
    assert result.exit_code == 0, result.output
    assert given == Settings(name="file", batch_size=4, many_files=("a",))


def test_a_bad_file_of_settings_is_refused(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"batchsize": 8}')
    with pytest.raises(ConfigError, match=r"'batchsize'\. Did you mean 'batch_size'"):
        read_config(file, ["batch_size", "lr"])
    file.write_text("[1]")
    with pytest.raises(ConfigError, match="settings are a JSON object"):
        read_config(file, ["lr"])
    with pytest.raises(DataError, match="No file"):
        read_config(tmp_path / "nope.json", ["lr"])


def test_a_key_in_a_file_of_settings_is_refused_without_being_told(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"lr": 0.5, "name": "s3cret"}')
    with pytest.raises(ConfigError, match="holds 'name': a key belongs into the env") as caught:
        read_config(file, ["name", "lr"], ["name"])
    assert "s3cret" not in str(caught.value)
    result, given = run("--config", file, not_in_files=["name"])
    assert given is None and isinstance(result.exception, ConfigError)
    assert run("--config", file)[1] == Settings(name="s3cret", lr=0.5)
    # On the command line it may stand, beside a file.
    file.write_text('{"lr": 0.5}')
    result, given = run("--config", file, "--name", "s3cret", not_in_files=["name"])
    assert given == Settings(name="s3cret", lr=0.5)


def test_help_says_what_each_is():
    result, _ = run("--help")
    assert "Learn." in result.output
    for words in ("How fast.", "a or b.", "--batch_size", "--no_careful_now", "A JSON file"):
        assert words in result.output


def test_help_has_a_panel_for_each_heading():
    result, _ = run("--help")
    above, _, below = result.output.partition("─ Ways ─")
    assert "--lr" in above and "--careful_now" not in above
    assert "--careful_now" in below and "--mode" in below and "[default: (on)]" in below


def test_what_is_inherited_comes_after_its_own():
    _, given = run("--fortune", 3, "--batch_size", 2, kind=Heir)
    assert given == Heir(fortune=3, batch_size=2)
    output = run("--help", kind=Heir)[0].output
    assert output.index("─ Its own ─") < output.index("--name") < output.index("--many_files")
    assert "Who it is." in output and "Who." not in output.replace("Who it is.", "")


def test_a_file_wins_over_a_preset_and_flags_over_both(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"batch_size": 2, "lr": 0.25}')
    assert run("--preset", "small", presets=PRESETS)[1] == Settings(
        name="small", batch_size=1, lr=0.5
    )
    told = ["--preset", "small", "--config", file, "--lr", 0.125]
    assert run(*told, presets=PRESETS)[1] == Settings(name="small", batch_size=2, lr=0.125)
    # A flag wins even where it says what is usual anyway.
    told = ["--preset", "large", "--batch_size", 4]
    assert run(*told, presets=PRESETS)[1] == Settings()


def test_an_unknown_preset_is_refused():
    result, given = run("--preset", "smal", presets=PRESETS)
    assert given is None and isinstance(result.exception, UnknownNameError)
    assert "Unknown preset 'smal'. Did you mean 'small'? Known: large, small" in str(
        result.exception
    )
    assert "--help`)" in str(result.exception)


def test_presets_are_a_flag_only_where_there_are_any():
    assert "small, large" in run("--help", presets=PRESETS)[0].output
    assert "--preset" not in run("--help")[0].output
    assert run("--preset", "small")[0].exit_code == 2


def test_what_is_no_number_is_refused_by_its_flag():
    result, given = run("--batch_size", "many")
    assert result.exit_code == 2 and given is None
    assert "batch_size" in result.output
