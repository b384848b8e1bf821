import json

import pytest

from hopgym.agents.engines import Work
from hopgym.agents.engines.local import LocalEngine
from hopgym.agents.rollout import Job
from hopgym.benchmarks.speed import engines
from hopgym.benchmarks.speed.engines import Race, main, race, table

WORLD = "world?entities=120&train=10&dev=5&test=10"
WORK = Work(
    "hopgym/SearchRead-v0",
    {"questions": WORLD, "split": "test"},
    "closed_book",
    0,
    tuple(Job(f"world-0-test-{n}", 0) for n in range(6)),
)


class Odd(LocalEngine):
    """Plays as one process does, but for one answer."""

    def play(self, work, agent):
        for episode in super().play(work, agent):
            metrics = {**episode.metrics, "em": 0.5}
            yield (
                episode._replace(metrics=metrics) if episode.job.question_id[-1] == "3" else episode
            )


def test_ratios_are_taken_round_by_round():
    found = Race(100, 2, local=[2.0, 9.0, 4.0], bare=[1.0, 3.0, 4.0], ray=[1.0, 9.0, 2.0])
    assert found.ratio(found.ray) == found.ratio(found.bare) == 2.0
    assert table(found).row_count == 3


@pytest.mark.parametrize(("other", "same"), [(LocalEngine, True), (Odd, False)])
def test_every_episode_is_compared(other, same, monkeypatch):
    made = {"local": LocalEngine, "ray?actors=2": other}
    monkeypatch.setattr(engines, "make_engine", lambda spec: made[spec]())
    monkeypatch.setattr(engines, "_kill_one", lambda: 1)
    found = race(WORK, 2, rounds=2)
    assert found.same is same and found.killed == 1
    assert len(found.local) == len(found.bare) == len(found.ray) == 2
    assert min(found.local + found.bare) > 0


@pytest.mark.slow
def test_the_command_races_ray_and_kills_an_actor(tmp_path, capsys):
    pytest.importorskip("ray")
    flags = ["--questions", WORLD, "--episodes", "200", "--rounds", "1", "--num-envs", "4"]
    assert main([*flags, "--json", str(tmp_path / "e.json")]) == 0
    figures = json.loads((tmp_path / "e.json").read_text())
    assert figures["same"] and figures["killed"] == 1
    assert "ray?actors=2" in capsys.readouterr().out


def test_bad_input_is_one_line(capsys):
    assert main(["--questions", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().out
