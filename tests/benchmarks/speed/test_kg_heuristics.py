import json
from functools import partial

import pytest

from hopgym.benchmarks.speed import kg_heuristics
from hopgym.envs.kg import Graph, Rule

small = partial(kg_heuristics.draw, entities=60, facts=200)


def test_the_graphs_are_as_large_as_they_say_and_always_the_same():
    case = kg_heuristics.draw(3)
    assert case == kg_heuristics.draw(3) != kg_heuristics.draw(4)
    graph = Graph.of(case.facts)
    assert (graph.num_entities, graph.num_facts) == (1_400, 4_500)
    ends = set(zip(graph.heads.tolist(), graph.tails.tolist(), strict=True))
    assert len(ends) < 4_300  # parallel facts
    assert graph.out.degrees.max() > 50  # hubs
    assert len(case.topics) == 2 and len(case.answers) == 3
    assert (graph.entity_ids([*case.topics, *case.answers]) >= 0).all()


@pytest.mark.parametrize("mode", ["undirected", "directed"])
def test_both_sides_label_the_same_pairs(mode):
    pytest.importorskip("networkx")
    report = kg_heuristics.measure(12, 12, Rule(mode), small)
    assert report.same_pairs == report.enumerated == 12
    assert report.found > report.lost > 0 and report.times_faster > 0


def test_a_small_run_makes_a_table_and_a_file(tmp_path, capsys):
    file = tmp_path / "kg.json"
    kg_heuristics.main(["--graphs", "2", "--enumerate", "1", "--slack", "1", "--json", str(file)])
    told = json.loads(file.read_text())
    assert told["graphs"] == 2 and told["label_cpu"] > 0 and told["positives"] > 0
    assert told["enumerated"] == 0  # enumeration knows no slack
    shown = capsys.readouterr().out
    assert "2 graphs of 1,400 entities" in shown and "CWQ" not in shown
