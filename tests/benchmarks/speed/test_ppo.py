import json

import pytest
from tiny_llms import needs_llms

from hopgym.benchmarks.speed import ppo

needs_llms()
import torch  # noqa: E402


@pytest.fixture(scope="module")
def race():
    torch.set_num_threads(1)
    return ppo.Race(ppo.make_lfm2(), episodes=5, max_new_tokens=6, epochs=2)


def test_both_loops_have_the_loss_of_the_actor(race):
    for name, loop in race.loops.items():
        race.learner.actor.model.load_state_dict(loop.model.state_dict())
        with torch.no_grad():
            expected = -race.learner.actor.read(race.samples[:3]).logprobs.sum()
            torch.testing.assert_close(loop.loss(race.samples[:3]), expected, msg=name)


def test_all_sides_read_every_row_in_every_epoch(race):
    steps = race.learner.steps
    assert len(steps) == 2 * 4  # epochs, minibatches
    for epoch in (steps[:4], steps[4:]):
        read = [id(sample) for step in epoch for part in step for sample in part]
        assert sorted(read) == sorted(map(id, race.samples))


def test_a_round_trains_every_side(race):
    models = {name: loop.model for name, loop in race.loops.items()}
    models["ppo"] = race.learner.actor.model
    before = {n: next(m.parameters()).detach().clone() for n, m in models.items()}
    costs = race.round()
    assert costs[ppo.WHOLE].cpu > costs[ppo.EPOCHS].cpu > 0 < costs[ppo.BARE].cpu
    for name, model in models.items():
        assert not torch.equal(next(model.parameters()), before[name]), name


def test_what_is_no_action_has_no_label(race):
    ids, labels = map(list, zip(*ppo._labelled(race.samples[:2]), strict=True))
    assert len({len(row) for row in ids + labels}) == 1
    for row, told, sample in zip(ids, labels, race.samples, strict=False):
        assert row[: len(sample.ids)] == sample.ids
        assert [n for n, label in enumerate(told) if label >= 0] == sample.places.tolist()
        assert [label for label in told if label >= 0] == sample.targets


def test_figures_are_told_and_written(tmp_path, capsys):
    file = tmp_path / "ppo.json"
    ppo.main(
        ["--models", "qwen2", "--episodes", "2", "--max-new-tokens", "4", "--epochs", "1",
         "--rounds", "1", "--vocabulary", "2500", "--json", str(file)]
    )  # fmt: skip
    (told,) = json.loads(file.read_text())
    assert told["vocabulary"] == 2_500 and told["rows"] == 2
    assert 4.5e6 < told["parameters"] < 5.5e6
    costs = {row["name"]: row["cpu_seconds"] for row in told["figures"]}
    for row in told["figures"]:
        assert row["least"] == row["greatest"] == row["times_bare"]
        assert row["times_bare"] == pytest.approx(row["cpu_seconds"] / costs[ppo.BARE])
    assert told["times_actions"] == pytest.approx(costs[ppo.EPOCHS] / costs[ppo.ACTIONS])
    assert "bare pass, logits of actions alone" in capsys.readouterr().out
