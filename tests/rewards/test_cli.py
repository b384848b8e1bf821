import json

import pytest
import typer
from typer.testing import CliRunner

from hopgym.rewards.cli import add_commands

app = typer.Typer()
add_commands(app)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(
        '{"prediction": "Ull", "answers": ["Ull"]}\n{"prediction": "x", "answers": ["Ull"]}\n'
    )
    return str(path)


def test_rewards_are_listed():
    listed = CliRunner().invoke(app, ["rewards"]).stdout
    assert all(name in listed for name in ("em", "f1", "r3_paper", "r3_code", "r3_seed"))


def test_scores_as_json_and_as_a_table(file):
    result = CliRunner().invoke(app, ["score", file, "--json", "--metrics", "em"])
    assert json.loads(result.stdout) == {"n": 2, "em": 0.5}
    assert "0.5000" in CliRunner().invoke(app, ["score", file]).stdout
