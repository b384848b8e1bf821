import json
import random

import numpy as np
import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from rich.console import Console
from safetensors.torch import load_file
from sb3_toys import settings

from hopgym.agents import make_agent
from hopgym.agents.sb3.train import Run, env_kwargs, train
from hopgym.agents.training.display import Display
from hopgym.errors import ConfigError

torch.set_num_threads(1)


def lines(file):
    told = map(json.loads, file.read_text().splitlines())
    return [{n: v for n, v in line.items() if not n.startswith("time/")} for line in told]


def left(folder):
    """What a run leaves, but for how long it took."""
    weights = load_file(folder / "policy.safetensors")
    return {
        "weights": {name: value.tolist() for name, value in weights.items()},
        "marks": lines(folder / "marks.jsonl"),
        "journal": lines(folder / "journal.jsonl"),
    }


def test_a_run_leaves_a_folder_that_plays(tmp_path, capsys):
    with Display(Console(quiet=True)) as display:
        told = train(settings(tmp_path), display)
    assert (told.steps, told.stopped, told.folder) == (64, False, tmp_path / "out")
    assert [mark.step for mark in told.marks] == [0, 32, 64] and told.best in told.marks
    assert make_agent(told.folder).name == "out"
    made = json.loads((told.folder / "hopgym.json").read_text())["made"]
    assert made["best"]["step"] == told.best.step and made["cpu_s"] > 0
    assert [path.name for path in (told.folder / "checkpoints").iterdir()] == ["checkpoint-64"]
    assert not (told.folder / "best").exists()


def test_a_resumed_run_is_the_run_that_did_not_stop(tmp_path):
    # Two updates between examinations: only the second tells of the ones before it.
    whole = settings(
        tmp_path, eval_every=64, output_dir=str(tmp_path / "whole"), total_timesteps=128
    )
    train(whole)
    parts = tmp_path / "parts"
    train(settings(tmp_path, eval_every=64, output_dir=str(parts), total_timesteps=64))
    train(
        settings(tmp_path, eval_every=64, output_dir=str(parts), total_timesteps=128, resume=True)
    )
    assert left(parts) == left(tmp_path / "whole")


def test_a_killed_run_goes_on_with_a_falling_rate(tmp_path, monkeypatch):
    whole, parts = (
        settings(tmp_path, output_dir=str(tmp_path / name), total_timesteps=96,
                 lr_scheduler="linear", resume=True)
        for name in ("whole", "parts")
    )  # fmt: skip
    train(whole)
    examine = Run._examine

    def killed(run):
        if run.done == 64:
            raise KeyboardInterrupt
        examine(run)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_examine", killed)
        with pytest.raises(KeyboardInterrupt):
            train(parts)
    train(parts)
    assert left(tmp_path / "parts") == left(tmp_path / "whole")


def test_it_stops_where_it_plays_no_better(tmp_path):
    told = train(settings(tmp_path, learning_rate=0.0, patience=1, total_timesteps=320))
    assert told.stopped and told.steps == 32


def test_the_best_is_what_is_left(tmp_path, monkeypatch):
    scores = iter([0.1, 0.9, 0.2])
    monkeypatch.setattr(
        "hopgym.agents.sb3.examination.Examination.play",
        lambda exam, agent: {"reward": next(scores)},
    )
    kept = {}
    save = Run._save

    def saved(run):
        kept[run.done] = run.learner.policy.value_net.weight.detach().clone()
        save(run)

    monkeypatch.setattr(Run, "_save", saved)
    told = train(settings(tmp_path))
    assert told.best.step == 32
    weights = load_file(told.folder / "policy.safetensors")["value_net.weight"]
    assert torch.equal(weights, kept[32]) and not torch.equal(weights, kept[64])


def test_without_held_out_play_the_last_is_left(tmp_path):
    told = train(settings(tmp_path, eval_questions="none", mode="one_shot", algorithm="ppo"))
    assert told.best is None and told.marks == []
    assert make_agent(told.folder).shape.mode == "one_shot"


def test_global_random_numbers_stay_as_they_were(tmp_path):
    torch.manual_seed(5)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    train(settings(tmp_path, eval_questions="none", total_timesteps=32))
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_an_earlier_run_is_kept(tmp_path):
    train(settings(tmp_path, total_timesteps=32))
    with pytest.raises(ConfigError, match=r"holds an earlier run\. Go on with it by --resume"):
        train(settings(tmp_path))
    with pytest.raises(
        ConfigError, match=r"trained under other conditions .*gamma: 1\.0, not 0\.5"
    ):
        train(settings(tmp_path, gamma=0.5, resume=True))


@pytest.mark.parametrize("name", ["questions", "split", "reward", "mode", "top_k", "observation"])
def test_keywords_with_flags_of_their_own_are_refused(name, tmp_path):
    with pytest.raises(ConfigError, match=rf"{name!r} cannot be set by --env_set"):
        env_kwargs(settings(tmp_path, env_set=(f"{name}=x",)))


def test_the_environment_is_told_the_learners_discount(tmp_path):
    told = env_kwargs(settings(tmp_path, gamma=0.9))
    assert told["reward"] == "kg?gamma=0.9" and told["observation"] == "padded"
    assert (told["max_steps"], told["top_k"], told["mode"]) == (4, 16, "sequential")


def test_a_split_without_questions_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no questions in its split 'train'"):
        train(settings(tmp_path, questions="world?entities=300&train=0&dev=8&test=8&hops=2"))


def own(folder, **fields):
    """A file with a function that yields two questions, as a user writes it."""
    given = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    file = folder / "my_set.py"
    file.write_text(
        "from hopgym.core import Fact, Question\n\n\ndef questions():\n"
        f"    for n in range(2):\n        yield Question(str(n), f'Who {{n}}?', ('Ada',), {given})\n"
    )
    return f"{file}:questions"


def test_a_set_without_a_split_to_hold_out_is_told_the_ways_out(tmp_path):
    spec = own(tmp_path, topic_entities=("Bo",))
    with pytest.raises(
        ConfigError, match=r"no split 'dev' to hold out; it has: train\. .*--eval_split.*none\.$"
    ):
        train(settings(tmp_path, questions=spec))
    assert not (tmp_path / "out").exists()


def test_questions_without_graphs_are_told_first(tmp_path):
    with pytest.raises(
        ConfigError, match=r"questions of .* have no graphs: .* Write them into each question"
    ):
        train(settings(tmp_path, questions=own(tmp_path)))
