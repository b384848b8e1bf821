import typer
from typer.testing import CliRunner

from hopgym.agents import AGENTS
from hopgym.agents.cli import add_commands


def test_agents_are_listed_with_their_summaries():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["agents"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for name in AGENTS:
        assert name in result.output and AGENTS.summary(name) in result.output
