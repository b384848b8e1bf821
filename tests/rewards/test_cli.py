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
    assert all(
        name in listed for name in ("em", "f1", "r3_paper", "r3_code", "r3_seed", "orm", "prm")
    )
    assert all(name in listed for name in ("kg_deeppath", "drag", "symbolic", "llm", "openai"))
    assert all(name in listed for name in ("rag", "learned", "lexical", "nli", "judge"))


def test_scores_as_json_and_as_a_table(file):
    result = CliRunner().invoke(app, ["score", file, "--json", "--metrics", "em"])
    assert json.loads(result.stdout) == {"n": 2, "em": 0.5}
    assert "0.5000" in CliRunner().invoke(app, ["score", file]).stdout


def test_metrics_may_be_given_by_comma(file):
    result = CliRunner().invoke(
        app, ["score", file, "--json", "--metrics", "f1,em", "--metrics", "em"]
    )
    assert json.loads(result.stdout) == {"n": 2, "f1": 0.5, "em": 0.5}
    result = CliRunner().invoke(app, ["score", file, "--metrics", "em,"])
    assert "empty name" in str(result.exception)


def test_answers_of_knowledge_graphs_have_their_metrics(tmp_path):
    path = tmp_path / "kg.jsonl"
    path.write_text('{"prediction": ["Rhine", "the Seine"], "answers": ["Seine", "Loire"]}\n')
    arguments = [
        "score",
        str(path),
        "--json",
        "--metrics",
        "hit_at_1_exact,hit_exact,f1_one_to_one",
    ]
    assert json.loads(CliRunner().invoke(app, arguments).stdout) == {
        "n": 1, "hit_at_1_exact": 0.0, "hit_exact": 1.0, "f1_one_to_one": 0.5,
    }  # fmt: skip


def test_what_does_not_fit_the_gold_is_told_apart_from_the_scores(file, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "answer": "Ull"}\n{"id": "b", "answer": "x"}\n')
    (tmp_path / "p.json").write_text('{"a": "Ull"}')
    arguments = ["score", str(tmp_path / "p.json"), "--gold", str(gold)]
    result = CliRunner().invoke(app, arguments)
    assert "1 of 2 questions have no prediction" in result.stderr and "0.5000" in result.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert told["n"] == 2 and told["notes"] == ["1 of 2 questions have no prediction and score 0."]
