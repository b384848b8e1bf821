import json

import pytest
import typer
from boards import make_board_records, make_failed, write_results
from typer.testing import CliRunner

from hopgym.benchmarks.report import cli
from hopgym.benchmarks.report.index import unpack
from hopgym.errors import ConfigError, DataError, ResultsError

app = typer.Typer()
cli.add_commands(app)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path):
    """A results folder."""
    records = [*make_board_records(), make_failed(agent="random", question_id="x")]
    return write_results(tmp_path / "out", records)


@pytest.fixture
def trained(tmp_path):
    """The folder of a training run."""
    (tmp_path / "runs" / "sft").mkdir(parents=True)
    (tmp_path / "runs" / "sft" / "marks.jsonl").write_text('{"step": 1, "score": 0.5}\n')
    return tmp_path / "runs" / "sft"


def test_the_leaderboard_is_printed_and_written(folder, tmp_path):
    files = {kind: tmp_path / "new" / f"board.{kind}" for kind in ("html", "md", "json")}
    options = [part for kind, path in files.items() for part in (f"--{kind}", path)]
    result = invoke("leaderboard", folder, *options)
    assert result.exit_code == 0 and "iterative best" in result.stdout and "1 hop" in result.stdout
    assert result.stderr.count("Wrote ") == 3
    assert files["html"].read_text().startswith("<!doctype html>")
    assert files["md"].read_text().startswith("# Leaderboard")
    rows = json.loads(files["json"].read_text())["groups"][0]["rows"]
    assert [row["agent"] for row in rows] == ["oracle", "iterative", "single_shot", "random"]


@pytest.mark.parametrize("kind", ["html", "md", "json"])
def test_a_file_that_cannot_be_written_is_told(folder, kind):
    (folder / "file").write_text("")
    with pytest.raises(ConfigError, match=r"board' cannot be written .*Choose another file"):
        invoke("leaderboard", folder, f"--{kind}", folder / "file" / "board")


def test_a_report_stands_in_its_folder_and_shows_every_question(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert invoke("report", ".").exit_code == 0
    text = (folder / "report.html").read_text()
    assert "<h1>out</h1>" in text and all(f'"q{n:03d}"' in text for n in range(24))
    assert invoke("report", ".", "--questions", "3", "--html", "few.html").exit_code == 0
    assert '"q020"' not in (folder / "few.html").read_text()
    assert invoke("report", folder / "world--iterative.jsonl").exit_code == 0


def test_a_report_of_several_folders_has_all_of_them(folder, tmp_path):
    other = write_results(tmp_path / "more", [make_failed(task="other", question_id="far")])
    page = tmp_path / "both.html"
    assert invoke("report", folder, other, "--html", page, "--title", "A & B").exit_code == 0
    text = page.read_text()
    assert '"far"' in text and '"q000"' in text and "<h1>A &amp; B</h1>" in text


def test_the_leaderboards_page_shows_as_many_questions_as_asked_for(folder, tmp_path):
    page = tmp_path / "board.html"
    for number in (3, 24):
        result = invoke("leaderboard", folder, "--html", page, "--questions", number)
        assert result.exit_code == 0
        assert sum(f'"q{n:03d}"' in page.read_text() for n in range(24)) == number


def test_runs_are_shown(folder, trained, tmp_path):
    assert invoke("report", folder, "--runs", trained.parent).exit_code == 0
    text = (folder / "report.html").read_text()
    assert '"curves":[{"name":"sft"' in text and 'id="training"' in text
    with pytest.raises(DataError, match="No training run in"):
        invoke("report", folder, "--runs", folder)


def test_trained_agents_bring_their_curves(trained, tmp_path):
    out = write_results(tmp_path / "out", [make_failed(agent_spec=str(trained))])
    assert invoke("report", out).exit_code == 0
    assert '"series":{"score"' in (out / "report.html").read_text()
    (trained / "marks.jsonl").write_text("not JSON\n")
    result = invoke("report", out)  # it only lies beside the agent: told, and no reason to fail
    assert result.exit_code == 0 and "Without training curves" in result.stderr
    with pytest.raises(DataError, match=r"marks\.jsonl:1"):
        invoke("report", out, "--runs", trained)


def test_bad_input_is_told(folder):
    with pytest.raises(ResultsError, match="No folder 'nothing'"):
        invoke("report", "nothing")
    with pytest.raises(ConfigError, match="belongs to --html"):
        invoke("leaderboard", folder, "--questions", "3")


def test_every_trajectory_is_in_the_report(folder):
    invoke("report", folder)
    text = (folder / "report.html").read_text()
    chunks = text.split('class="chunk">')[1:]
    details = [d for chunk in chunks for d in unpack(chunk.partition("<")[0])]
    assert len(details) == 97 and sum(bool(d["text"]) for d in details) == 96
