import typer
from typer.testing import CliRunner

from hopgym.retrieval import RETRIEVERS
from hopgym.retrieval.cli import add_commands


def test_the_retrievers_are_listed():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["retrievers"])
    assert result.exit_code == 0
    for name in RETRIEVERS:
        assert name in result.output
        assert RETRIEVERS.summary(name)[:20] in result.output
