import typer
from typer.testing import CliRunner

from hopgym.envs.datasets import DATASETS
from hopgym.envs.datasets.cli import add_commands


def test_every_question_set_is_listed_with_what_it_is():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["datasets"])
    assert result.exit_code == 0
    for name in ("bamboogle", "flashrag", "hotpotqa", "musique", "plain", "two_wiki", "world"):
        assert name in DATASETS and name in result.output
        assert DATASETS.summary(name)[:12] in result.output
