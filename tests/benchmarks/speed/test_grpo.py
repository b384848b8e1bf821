import json
from types import SimpleNamespace

import pytest
from tiny_llms import needs_llms

from hopgym.benchmarks.speed import grpo
from hopgym.benchmarks.speed.grpo_sides import Count
from hopgym.errors import AgentError

needs_llms()

SMALLEST = (
    "--models", "lfm2", "--rows", "4", "--generations", "2", "--batch-size", "2", "--turns", "2",
    "--turn-tokens", "6", "--rounds", "2",
)  # fmt: skip


@pytest.mark.slow
def test_figures_are_told_and_written(tmp_path, capsys):
    file = tmp_path / "grpo.json"
    grpo.main([*SMALLEST, "--json", str(file)])
    (told,) = json.loads(file.read_text())
    assert told["rows"] == 4 and told["written_tokens"] == 12
    assert told["prompt_tokens"] > 50 < told["reply_tokens"]
    ours, inside, single = told["figures"]
    assert ours["padded_tokens"] == inside["padded_tokens"] > single["padded_tokens"] * 0.8
    for figure in told["figures"]:
        parts = ("writing", "searching", "environment", "training")
        assert sum(figure[part] for part in parts) == pytest.approx(figure["cpu_seconds"], rel=0.3)
        median, least, greatest = figure["times"]
        assert least <= median <= greatest
    assert single["times"] == single["times_wall"] == [1, 1, 1]
    assert ours["environment"] > 0 < ours["searching"]
    assert not inside["environment"] and not single["searching"]
    assert told["times_watched"][0] > ours["times"][0]
    assert "TRL, single turn" in capsys.readouterr().out


def test_sides_with_other_numbers_of_tokens_are_no_comparison():
    ours = SimpleNamespace(name="ours", counts=[Count((9, 8), (4, 4), 18)])
    padded = SimpleNamespace(name="padded", counts=[Count((9, 8), (4, 4), 20)])
    grpo.check_tokens([ours, padded])
    ended = SimpleNamespace(name="ended", counts=[Count((9, 7), (4, 3), 18)])
    with pytest.raises(AgentError, match=r"'ours' and 'ended' are no comparison: .*\(4, 3\)"):
        grpo.check_tokens([ours, padded, ended])
