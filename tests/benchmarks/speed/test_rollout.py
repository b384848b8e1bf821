import json

import pytest
from tiny_llms import needs_llms

from hopgym.benchmarks.speed import rollout

needs_llms()
import torch  # noqa: E402


@pytest.fixture(scope="module")
def race():
    torch.set_num_threads(1)
    return rollout.Race(num_envs=2, episodes=4, max_new_tokens=5)


def test_the_model_is_as_large_as_is_told(race):
    parameters = sum(weights.numel() for weights in race.model.parameters())
    assert 4.5e6 < parameters < 5.5e6
    text = "The director of Vel (film)\n"
    assert race.tokenizer.decode(race.tokenizer.encode(text)) == text


def test_all_sides_write_as_much_as_they_can(race):
    turns = rollout.ENV_KWARGS["max_steps"]
    assert 0.9 * 4 * turns * 5 <= race.beside() <= 4 * turns * 5
    assert sum(map(len, race.batches)) == 4 * turns and max(map(len, race.batches)) == 2
    assert race.afresh() == race.beside()
    assert 0.9 * 4 * turns * 5 <= race.bare() <= 4 * turns * 5
    assert 0.9 * 2 * turns * 5 <= race.alone() <= 2 * turns * 5


def test_what_is_counted_ends_with_the_end_token(race, monkeypatch):
    new = torch.tensor([[7, 8, 0, 0], [0, 0, 0, 0], [7, 7, 7, 7]])
    monkeypatch.setattr(
        race.model, "generate", lambda input_ids, **given: torch.cat([input_ids, new], dim=-1)
    )
    assert race._generate([[1], [2, 3], [4]]) == 3 + 1 + 4


def test_figures_are_told_and_written(tmp_path, capsys):
    file = tmp_path / "rollout.json"
    rollout.main(
        ["--num-envs", "2", "--episodes", "2", "--max-new-tokens", "4", "--rounds", "1",
         "--json", str(file)]
    )  # fmt: skip
    told = json.loads(file.read_text())
    assert [(row["name"], row["rows"]) for row in told["figures"]] == [
        ("episodes side by side", 2),
        ("side by side, nothing remembered", 2),
        ("bare model.generate", 2),
        ("one episode at a time", 1),
    ]
    beside, afresh, bare, alone = (row["per_cpu_second"] for row in told["figures"])
    assert told["times_generate"] == pytest.approx(beside / bare)
    assert told["times_generate_afresh"] == pytest.approx(afresh / bare)
    assert told["times_alone"] == pytest.approx(beside / alone)
    assert told["prompt_tokens"] > 50
    assert "side by side / bare model.generate" in capsys.readouterr().out
