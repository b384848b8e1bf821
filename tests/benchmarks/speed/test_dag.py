import json

from hopgym.benchmarks.speed import dag
from hopgym.envs.grammars.dag import DagGrammar


def test_the_plan_is_the_one_that_is_told():
    plan = DagGrammar().parse_turn(dag.write_plan(), "plan").plan
    assert len(plan.nodes) == dag.NODES and plan.depth == dag.DEPTH and plan.width == 4
    assert {node.tool for node in plan.nodes} == {"General", "News", "Academy"}


def test_sources_wait_side_by_side(tmp_path, capsys):
    file = tmp_path / "dag.json"
    dag.main(
        ["--milliseconds", "100", "--num-envs", "1", "4", "--rounds", "1", "--json", str(file)]
    )
    told = json.loads(file.read_text())
    alone, *layers = told["waiting"]
    assert alone["seconds"] >= 8 * 0.1
    assert [row["envs"] for row in layers] == [1, 4]
    assert all(0.2 <= row["seconds"] < alone["seconds"] for row in layers)
    assert set(told["steps_per_second"]) == {"1", "4"}
    assert "8 searches, depth 2" in capsys.readouterr().out
