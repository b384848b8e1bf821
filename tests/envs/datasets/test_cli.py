import typer
from typer.testing import CliRunner

from hopgym.envs.datasets import DATASETS
from hopgym.envs.datasets.cli import add_commands, example, needs


def test_every_question_set_is_listed_with_what_it_is():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["datasets"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    for name in (
        *("bamboogle", "flashrag", "hotpotqa", "musique", "plain", "two_wiki", "world"),
        *("webqsp", "cwq", "rog", "nsm", "metaqa", "pathquestion", "gtsqa", "drag_heuristics"),
    ):
        assert name in DATASETS and name in result.output
        assert DATASETS.summary(name)[:12] in result.output
        assert needs(name) in result.output and example(name) in result.output


def test_what_a_set_needs_is_told_from_its_loader(monkeypatch):
    assert (needs("world"), example("world")) == ("nothing", "world")
    assert (needs("plain"), example("plain")) == ("a file", "plain?path=FILE")
    assert needs("bamboogle") == "a file, or the network"
    monkeypatch.setitem(DATASETS._factories, "mine", "hopgym.files:__doc__")  # made already
    assert (needs("mine"), example("mine")) == ("nothing", "mine")
