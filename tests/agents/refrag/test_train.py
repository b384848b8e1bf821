"""Training: both stages, alone and one after the other, leave a folder that plays."""

import json

import pytest
from tiny_llms import needs_llms

from hopgym.agents import make_agent
from hopgym.agents.model_folder import write_model_folder
from hopgym.agents.refrag.settings import RefragSettings
from hopgym.agents.refrag.train import _publish, train
from hopgym.agents.rollout import Job, rollout
from hopgym.errors import ConfigError, DataError

needs_llms()
import torch  # noqa: E402

torch.set_num_threads(1)

WORLD = "world?entities=300&train=12&dev=3&test=0&hops=1"
SMALL = {
    "questions": WORLD, "episodes": 8, "epochs": 1, "updates": 1, "batch_questions": 2,
    "num_samples": 2, "minibatches": 2, "device_batch_size": 2, "eval_episodes": 2,
    "num_envs": 8, "max_new_tokens": 24, "precision": "float32", "top_k": 1, "hops": 2,
}  # fmt: skip


def settings(folder, **changes):
    return RefragSettings(**{**SMALL, "output_dir": str(folder), **changes})


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Return the folder of a supervised stage."""
    folder = tmp_path_factory.mktemp("refrag") / "run"
    told = train(settings(folder, stage="supervised"))
    assert told.collected.accepted and told.rl is None
    return folder


def played(folder):
    kwargs = {"questions": WORLD, "split": "dev", "hops": 2, "top_k": 1, "generator": "agent"}
    import gymnasium

    env = gymnasium.make("hopgym/RAG-v0", **kwargs)
    jobs = [Job(question.id) for question in env.unwrapped.question_set.questions("dev")]
    return list(rollout("hopgym/RAG-v0", make_agent(str(folder)), jobs, env_kwargs=kwargs))


def test_the_folder_of_the_supervised_stage_plays(taught) -> None:
    said = json.loads((taught / "hopgym.json").read_text())
    assert said["kind"] == "llm" and said["made"]["last_stage"] == "supervised"
    episodes = played(taught)
    assert len(episodes) == 3 and not any(episode.error for episode in episodes)


@pytest.mark.parametrize("algorithm", ["grpo", "ppo"])
def test_rl_goes_on_with_what_was_taught(taught, tmp_path, algorithm) -> None:
    out = tmp_path / algorithm
    asked = settings(out, stage="rl", model_name=str(taught), algorithm=algorithm)
    told = train(asked)
    assert told.collected is None and told.rl.best is not None
    assert json.loads((out / "hopgym.json").read_text())["made"]["last_stage"] == "rl"
    assert not any(episode.error for episode in played(out))
    with pytest.raises(ConfigError, match=r"holds an earlier run\. Go on with it by --resume"):
        train(asked)
    longer = settings(
        out, stage="rl", model_name=str(taught), algorithm=algorithm, updates=2, resume=True
    )
    again = train(longer)
    lines = (out / "rl" / "journal.jsonl").read_text().splitlines()
    assert len(lines) == (4 if algorithm == "grpo" else 2) and again.folder == out


def test_a_teacher_who_played_another_game_is_told_by_the_flags_that_there_are(taught) -> None:
    with pytest.raises(ConfigError, match="played with, or another --output_dir"):
        train(settings(taught, stage="supervised", hops=3, resume=True))


def test_a_stage_is_found_by_the_next_one_in_the_same_folder(taught) -> None:
    told = train(settings(taught, stage="rl"))
    run = json.loads((taught / "rl" / "run.json").read_text())
    assert run["model_name"] == str(taught / "supervised") and told.supervised is None


def test_an_adapter_of_one_stage_does_not_stay_beside_the_weights_of_the_other(tmp_path) -> None:
    for stage, files in (
        ("supervised", ("adapter_config.json", "adapter_model.safetensors")),
        ("rl", ("config.json", "model.safetensors")),
    ):
        (tmp_path / stage).mkdir()
        for name in (*files, "run.json"):
            (tmp_path / stage / name).write_text(stage)
        write_model_folder(tmp_path / stage, "llm", {"prompt": "plain"})
    (tmp_path / "notes.txt").write_text("mine")
    usual = {"hopgym.json", "notes.txt"}
    for stage, files in (
        ("supervised", {"adapter_config.json", "adapter_model.safetensors"}),
        ("rl", {"config.json", "model.safetensors"}),
        ("supervised", {"adapter_config.json", "adapter_model.safetensors"}),
    ):
        _publish(tmp_path / stage, tmp_path, RefragSettings())
        assert {f.name for f in tmp_path.iterdir() if f.is_file()} == usual | files


def test_a_fresh_hybrid_goes_through_both_stages(tmp_path) -> None:
    size = {"block_pattern": "M,T", "width": 32, "heads": 2, "feed_forward": 32, "state": 8}
    told = train(settings(tmp_path / "run", **size, eval_questions="none", rl_lr=1e-4))
    assert told.supervised.steps and told.rl.best is None
    assert not any(episode.error for episode in played(tmp_path / "run"))


def test_a_teacher_who_teaches_nothing_is_told(tmp_path) -> None:
    with pytest.raises(DataError, match="none of its episodes fulfils em"):
        train(
            settings(tmp_path, stage="supervised", teacher="hopgym.agents.random_agent:RandomAgent")
        )


def test_what_cannot_run_is_told_before_anything_is_played(tmp_path, monkeypatch) -> None:
    with pytest.raises(ConfigError, match="no_such_model"):
        train(settings(tmp_path / "a", model_name="no_such_model"))
    assert not (tmp_path / "a").exists()
    for changes, told in (
        ({"temperature": 0.0}, "equal samples teach nothing"),
        ({"temperature": 0.0, "algorithm": "ppo"}, "every sample would be the same"),
        ({"env_set": ("hops=1",), "stage": "supervised"}, "use --hops"),
        ({"stage": "rl", "block_pattern": "T,M"}, "holds none that was"),
        ({"stage": "rl", "boundary_tokens": True}, "holds none that was"),
    ):
        with pytest.raises(ConfigError, match=told):
            train(settings(tmp_path / "c", **changes))
        assert not (tmp_path / "c").exists()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="runs its stages in one process"):
        train(settings(tmp_path / "b"))
