import typer
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.agents.train_cli import LEARNERS, add_commands


def test_every_learner_is_a_command_of_the_group():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0 and "Supervised fine-tuning" in result.output
    assert "PPO, REINFORCE++ or RLOO" in result.output and "TRL's GRPO" in result.output
    assert "small built-in policy" in result.output and len(LEARNERS) >= 4


def test_the_group_is_part_of_the_command():
    assert "train" in CliRunner().invoke(build_app(), ["--help"]).output
