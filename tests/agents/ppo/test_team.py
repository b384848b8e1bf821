import copy
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ppo_samples import samples
from tiny_llms import byte_tokenizer, causal_lm, needs_llms, save_causal_lm

from hopgym.agents.ppo import team as team_module
from hopgym.agents.ppo.settings import LearnSettings, PPOSettings
from hopgym.agents.ppo.team import Processes, Team, assemble
from hopgym.errors import AgentError, ConfigError

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.actor import Actor  # noqa: E402
from hopgym.agents.ppo.learner import Learner  # noqa: E402

CONFIG = Path(__file__).parents[3] / "examples" / "accelerate" / "8_gpus.yaml"


class Meeting:
    """Where the threads of a team exchange what they have."""

    def __init__(self, size):
        self.barrier = threading.Barrier(size, timeout=60)
        self.given = [b""] * size


class Thread(Team):
    """A thread that takes itself for a process: what it hears of others is a copy."""

    def __init__(self, meeting, rank):
        self.meeting = meeting
        self.rank = rank
        self.size = len(meeting.given)

    def _exchange(self, value):
        self.meeting.given[self.rank] = pickle.dumps(value)
        self.meeting.barrier.wait()
        heard = [pickle.loads(each) for each in self.meeting.given]
        self.meeting.barrier.wait()
        return heard

    def _sum(self, tensor):
        tensor.copy_(sum(self._exchange(tensor.detach())))


def as_team(size, work):
    """What each of so many processes makes of some work: what it returns or raises."""
    meeting = Meeting(size)

    def outcome(rank):
        try:
            return work(Thread(meeting, rank))
        except Exception as error:
            return error

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(outcome, range(size)))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_shares_add_up_to_the_whole(size, count):
    items = list(range(count))
    shares = as_team(size, lambda team: team.mine(items))
    assert sorted(item for share in shares for item in share) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for told in as_team(size, lambda team: team.everyones(lambda: team.mine(items))):
        assert told == items


def test_the_first_decides():
    assert as_team(3, lambda team: team.first(lambda: ("by", team.rank))) == [("by", 0)] * 3
    assert [as_team(2, lambda team: team.leads)] == [[True, False]]


@pytest.mark.parametrize("way", ["together", "everyones"])
def test_where_one_fails_all_end(way):
    def work(team):
        def call():
            if team.rank == 1:
                raise ConfigError("no such model")
            return [team.rank]

        with pytest.raises((ConfigError, AgentError)) as raised:
            getattr(team, way)(call)
        return type(raised.value), str(raised.value), team.together(lambda: team.rank)

    (kind, line, still), own, other = as_team(3, work)
    assert own == (ConfigError, "no such model", 1)
    assert kind is AgentError and other[:2] == (kind, line)
    assert line == "Process 2 of 3 failed, so all end: ConfigError: no such model"
    assert (still, other[2]) == (0, 2)  # and nobody was left waiting


def test_where_the_first_fails_all_end():
    def work(team):
        team.first(lambda: 1 / 0)

    kinds = [type(error) for error in as_team(2, work)]
    assert kinds == [ZeroDivisionError, AgentError]


def test_gradients_are_added_and_none_is_made_up():
    def work(team):
        weights = [torch.zeros(2, requires_grad=True) for _ in range(3)]
        weights[0].grad = torch.full((2,), 1.0 + team.rank)
        if team.rank:
            weights[1].grad = torch.ones(2)
        team.add_gradients(weights)
        return [None if w.grad is None else w.grad.tolist() for w in weights]

    assert as_team(2, work) == [[[3.0, 3.0], [1.0, 1.0], None]] * 2
    alone = torch.zeros(2, requires_grad=True)
    Team().add_gradients([alone])
    assert alone.grad is None


def updated(learner, played):
    """The figures of some updates, and the weights after them."""
    figures = [learner.learn(copy.deepcopy(each), n) for n, each in enumerate(played)]
    trained = [*learner.actor.parameters(), *learner.actor.head_parameters()]
    return figures, torch.cat([weight.detach().flatten() for weight in trained])


@pytest.mark.parametrize(
    ("size", "given"),
    [
        (2, {"algorithm": "ppo"}),
        (3, {"algorithm": "reinforce++", "batch_tokens": 60}),
        (2, {"algorithm": "rloo", "entropy_coef": 0.01}),
        (3, {"algorithm": "ppo", "minibatches": 9}),  # one sample each: not all have a share
    ],
)
def test_several_learn_what_one_learns(size, given):
    settings = LearnSettings(
        lr=1e-3, value_lr=1e-3, kl_coef=0.05, precision="float32", reread=True, **given
    )  # fmt: skip
    rng = np.random.default_rng(0)
    played = [samples(rng, len(byte_tokenizer()), 9 + 1) for _ in range(2)]
    for each in played:
        del each[-1]  # one of its question is lost, as where a server failed
        each[0].group = each[-1].group

    values = settings.algorithm == "ppo"  # all are made here: threads share the generators
    actors = [Actor(causal_lm(spread=1.0), values=values, reference="copy") for _ in range(size)]
    alone = Actor(causal_lm(spread=1.0), values=values, reference="copy")
    figures, weights = updated(Learner(alone, settings, 2), played)

    def work(team):
        return updated(Learner(actors[team.rank], settings, 2, team), played)

    for told, held in (results := as_team(size, work)):
        assert torch.equal(held, results[0][1])  # replicas stay one model
        torch.testing.assert_close(held, weights, atol=1e-5, rtol=1e-5)
        for here, there in zip(told, figures, strict=True):
            assert here == pytest.approx(there, rel=1e-4, abs=1e-5)


def test_what_fails_in_the_midst_of_an_update_ends_it_for_all():
    settings = LearnSettings(kl_coef=0.0, precision="float32")
    actors = [Actor(causal_lm(spread=1.0)) for _ in range(2)]
    played = samples(np.random.default_rng(0), len(byte_tokenizer()))
    spent = torch.OutOfMemoryError("no memory")

    def fails(*arguments):
        raise spent

    def work(team):
        learner = Learner(actors[team.rank], settings, 1, team)
        if team.rank == 1:
            learner._loss = fails
        learner.learn(copy.deepcopy(played), 0)

    first, second = as_team(2, work)
    assert second is spent
    assert str(first).startswith("Process 2 of 2 failed, so all end: OutOfMemoryError: no memory")


def test_a_process_alone_needs_no_library(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(team_module, "require", None)
    team = assemble()
    assert type(team) is Team and (team.rank, team.size, team.leads) == (0, 1, True)
    assert team.together(lambda: 1) == team.first(lambda: 1) == 1
    assert team.everyones(lambda: team.mine((1, 2))) == [1, 2]
    team.finish()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("ACCELERATE_USE_FSDP", "FSDP"),
        ("ACCELERATE_USE_DEEPSPEED", "DeepSpeed"),
        ("ACCELERATE_USE_MEGATRON_LM", "Megatron-LM"),
    ],
)
def test_a_model_that_is_spread_over_processes_is_refused(monkeypatch, name, what):
    monkeypatch.setenv(name, "true")
    with pytest.raises(ConfigError, match=rf"configured for {what}.*examples/accelerate/8_gpus"):
        assemble()
    assert CONFIG.is_file()


def test_processes_that_cannot_find_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="2 processes train together, but they cannot find"):
        assemble()


def test_each_process_needs_a_gpu(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match=r"8 processes .* for 1 GPU, .*--num_processes 1"):
        Processes()


def test_accelerate_reads_the_configuration():
    pytest.importorskip("accelerate")
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    config = load_config_from_file(str(CONFIG))
    told = (config.distributed_type, config.num_processes, config.num_machines)
    assert told == ("MULTI_GPU", 8, 1)
    assert config.mixed_precision == "bf16"
    assert not (config.fsdp_config or config.deepspeed_config or config.use_cpu)
    command = ["--config_file", str(CONFIG), "-m", "hopgym", "train", "ppo", "--preset", "x"]
    parsed = launch_command_parser().parse_args(command)
    assert parsed.module and parsed.training_script == "hopgym"
    preset = PPOSettings.preset("7b-multi-gpu")
    assert preset.precision == "bfloat16" and preset.batch_questions % 8 == 0


SCRIPT = """
import json, sys, torch
torch.set_num_threads(1)
from hopgym.agents.ppo.settings import PPOSettings
from hopgym.agents.ppo.train import train
given = json.loads(sys.argv[1])
given["env_set"] = tuple(given["env_set"])
told = train(PPOSettings(**given))
print("updates", told.updates, "marks", len(told.marks))
"""


REWARD = """
from hopgym.core import Score

def pays(question, trajectory):
    value = len(trajectory.steps[-1].action) / 10
    return Score(value, {"length": value})
"""


def launched(processes, folder, **changes):
    """A whole training, in so many processes."""
    given = {
        "model_name": str(folder / "base"),
        "questions": "world?entities=300&train=6&dev=3&test=0&hops=1",
        "env_set": ("max_steps=2",), "reward": f"{folder / 'pays.py'}:pays",
        "updates": 2, "batch_questions": 3, "num_samples": 2, "num_envs": 4,
        "max_new_tokens": 8, "lora_r": 4, "lr": 1e-3, "kl_coef": 0.05, "precision": "float32",
        "minibatches": 2, "eval_episodes": 2, "eval_every": 1, "save_every": 1, **changes,
    }  # fmt: skip
    script = folder / "train.py"
    script.write_text(SCRIPT)
    (folder / "pays.py").write_text(REWARD)
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    return subprocess.run(
        [sys.executable, *(launcher if processes > 1 else []), script, json.dumps(given)],
        capture_output=True, text=True, timeout=300, cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def trained(folder):
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


@pytest.mark.slow
def test_two_processes_train_what_one_trains(tmp_path):
    save_causal_lm(tmp_path / "base")
    for name, processes in (("one", 1), ("two", 2)):
        told = launched(processes, tmp_path, output_dir=str(tmp_path / name))
        assert told.returncode == 0, told.stderr
        assert told.stdout.splitlines().count("updates 2 marks 3") == processes
        assert told.stderr.count("update 2/2") == 1  # the first alone speaks
    journals = [
        [json.loads(line) for line in (tmp_path / name / "journal.jsonl").open()]
        for name in ("one", "two")
    ]
    for one, two in zip(*journals, strict=True):
        for figures in (one, two):
            del figures["play_s"], figures["learn_s"]
        assert two == pytest.approx(one, abs=1e-4)
        assert two["episodes"] == 6
    one, two = trained(tmp_path / "one"), trained(tmp_path / "two")
    for name, weights in one.items():
        assert weights.abs().max() > 1e-3, name  # an adapter's second half begins at 0
        torch.testing.assert_close(two[name], weights, atol=1e-5, rtol=1e-5)
    marks = [(tmp_path / name / "marks.jsonl").read_text() for name in ("one", "two")]
    assert marks[0] == marks[1]

    told = launched(2, tmp_path, output_dir=str(tmp_path / "two"))
    assert told.returncode != 0
    assert "ConfigError" in told.stderr and "holds an earlier run" in told.stderr
    assert "Process 1 of 2 failed, so all end: ConfigError" in told.stderr

    for name, processes in (("one", 2), ("two", 1)):  # each goes on as the other did
        told = launched(
            processes, tmp_path, output_dir=str(tmp_path / name), updates=3, resume=True
        )
        assert told.returncode == 0, told.stderr
    one, two = trained(tmp_path / "one"), trained(tmp_path / "two")
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, atol=1e-5, rtol=1e-5)
