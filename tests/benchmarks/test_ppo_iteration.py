import mmap
import subprocess
import sys

import msgspec
import pytest
from tiny_llms import needs_llms

from hopgym.agents.ppo.memory import Shape
from hopgym.agents.ppo.settings import PPOSettings
from hopgym.errors import ConfigError

needs_llms()
pytest.importorskip("peft")

from hopgym.benchmarks import ppo_iteration  # noqa: E402

SHAPE = Shape(vocabulary=3_000, width=32, layers=2, heads=4, kv_heads=2, feed_forward=64)
SETTINGS = PPOSettings.preset(
    "qwen2.5-0.5b-4gb", precision="float32", num_envs=2, context=40, max_new_tokens=4,
    batch_tokens=80,
)  # fmt: skip
PLAN = ppo_iteration.Plan(shape=SHAPE, settings=SETTINGS, actions=12)
linux = pytest.mark.skipif(not ppo_iteration._FORGET.exists(), reason="/proc is Linux's")


def test_rows_are_as_long_as_they_can_be(monkeypatch):
    iteration = ppo_iteration.Iteration(PLAN)
    lengths, learnt = [], []
    generate = ppo_iteration.TransformersGenerator.generate

    def noted(self, prompts, rngs):
        lengths.append([len(prompt) for prompt in prompts])
        return generate(self, prompts, rngs)

    monkeypatch.setattr(ppo_iteration.TransformersGenerator, "generate", noted)
    monkeypatch.setattr(iteration.learner, "learn", lambda rows, update: learnt.extend(rows))
    iteration.play()
    iteration.learn()
    assert lengths == [[18, 18], [36, 36], [36, 36]]
    assert [(len(row.ids), len(row)) for row in learnt] == [(40, 12)] * 3


def test_the_model_is_as_a_training_has_it():
    model = ppo_iteration.make_model(SHAPE, SETTINGS, "cpu")
    trained = {n.split(".lora_")[0] for n, w in model.named_parameters() if w.requires_grad}
    assert {name.rpartition(".")[2] for name in trained} == {"q_proj", "v_proj"}
    frozen = sum(w.numel() for w in model.parameters() if not w.requires_grad)
    assert frozen == SHAPE.parameters
    assert sum(w.numel() for w in model.parameters()) - frozen == SHAPE.adapter(
        8, ["q_proj", "v_proj"]
    )


def test_an_iteration_changes_what_is_trained():
    iteration = ppo_iteration.Iteration(PLAN)
    before = [w.detach().clone() for w in iteration.actor.parameters()]
    iteration.play()
    iteration.learn()
    after = iteration.actor.parameters()
    assert any(bool((a != b).any()) for a, b in zip(after, before, strict=True))


@linux
def test_the_peak_of_a_process_is_what_it_held():
    memory = ppo_iteration.ProcessMemory()
    held = []

    def hold():  # pages that nobody had before, as memory of a list that is gone would not be
        held.append(mmap.mmap(-1, 50_000_000))
        held[0].write(b"1" * 50_000_000)

    low, high = memory.peak(lambda: None), memory.peak(hold)
    assert 45e6 < high - low < 120e6
    held.pop().close()
    assert memory.peak(lambda: None) < high


@pytest.mark.slow
@linux
def test_a_plan_comes_in_and_peaks_go_out():
    done = subprocess.run(
        [sys.executable, "-m", "hopgym.benchmarks.ppo_iteration"],
        input=msgspec.json.encode(PLAN),
        capture_output=True,
        check=True,
    )
    peaks = msgspec.json.decode(done.stdout, type=ppo_iteration.Peaks)
    assert peaks.play > 0 and peaks.learn > 0 and not peaks.device


def test_elsewhere_it_is_said_what_can_be_done(monkeypatch, tmp_path):
    monkeypatch.setattr(ppo_iteration, "_FORGET", tmp_path / "none")
    with pytest.raises(ConfigError, match=r"Linux's. Measure on Linux or on a GPU"):
        ppo_iteration.ProcessMemory()


def test_a_gpu_is_asked_for_its_own_count(monkeypatch):
    """There is no GPU in the tests: the calls are of the names that torch has."""
    import torch

    called = []
    for name, value in (("reset_peak_memory_stats", None), ("max_memory_allocated", 7),
                        ("max_memory_reserved", 8), ("mem_get_info", (10, 30))):  # fmt: skip
        monkeypatch.setattr(
            torch.cuda, name, lambda name=name, value=value: called.append(name) or value
        )
    memory = ppo_iteration.GpuMemory()
    assert memory.peak(lambda: called.append("work")) == 7
    assert called == ["reset_peak_memory_stats", "work", "max_memory_allocated"]
    assert memory.reserved() == (8, 20)
