import json
from dataclasses import replace

import pytest
from tiny_llms import needs_llms

from hopgym.agents.ppo.memory import QWEN_05B
from hopgym.agents.ppo.settings import PPOSettings
from hopgym.benchmarks import ppo_iteration, ppo_memory
from hopgym.benchmarks.ppo_iteration import Peaks, Plan

SETTINGS = PPOSettings.preset(ppo_memory.PRESET)
linux = pytest.mark.skipif(not ppo_iteration._FORGET.exists(), reason="/proc is Linux's")


def test_the_preset_is_calculated_without_a_model(capsys, tmp_path):
    file = tmp_path / "memory.json"
    ppo_memory.main(["--json", str(file)])
    told = json.loads(file.read_text())
    assert len(told["moments"]) == 5 and not told["checks"]
    assert set(told["moved"]) == set(ppo_memory.MOVABLE)
    shown = capsys.readouterr().out
    assert "play: prompts are read" in shown and "left of 4 GB" in shown


def test_settings_can_be_tried(tmp_path):
    peaks = []
    for name, words in (("one", []), ("two", ["--num-envs", "16"])):
        file = tmp_path / f"{name}.json"
        ppo_memory.main([*words, "--json", str(file)])
        moments = json.loads(file.read_text())["moments"]
        peaks.append(max(sum(item[1] for item in items) for _, items in moments))
    assert peaks[1] == ppo_memory.moved(SETTINGS)["num_envs"] > peaks[0]


def test_errors_are_shares_of_what_was_measured():
    plan = ppo_memory.small_plan(SETTINGS, 4, 32_000, 128)
    play, learn = ppo_memory.checks(plan, Peaks(400 * 2**20, 500 * 2**20))
    assert (play.phase, learn.phase) == ("play", "learn")
    assert play.error == pytest.approx(play.calculated / (400 * 2**20) - 1)
    beyond = (play.calculated - play.fixed) / (400 * 2**20 - play.fixed) - 1
    assert play.error_beyond == pytest.approx(beyond)


def test_a_gpu_is_given_the_preset_as_it_is(monkeypatch):
    needs_llms()
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    (plan,) = ppo_memory.plans(SETTINGS)
    assert (plan.device, plan.shape, plan.settings) == ("cuda", QWEN_05B, SETTINGS)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [plan.device for plan in ppo_memory.plans(SETTINGS)] == ["cpu"] * len(ppo_memory.SMALL)


@pytest.mark.slow  # it runs iterations in processes of their own
@linux
def test_the_calculation_is_near_what_a_process_takes():
    needs_llms()
    pytest.importorskip("peft")
    shape = replace(QWEN_05B, layers=2, vocabulary=20_000)
    settings = replace(
        SETTINGS, precision="float32", num_envs=2, context=256, batch_tokens=256, max_new_tokens=4
    )
    plan = Plan(shape=shape, settings=settings, actions=128, logits_at_once=64 * 20_000)
    beside = ppo_memory.overhead(SETTINGS)
    for check in ppo_memory.checks(plan, ppo_memory.measured(plan), beside):
        assert abs(check.error) < 0.1, check


def test_a_failure_is_told_with_what_was_said(monkeypatch):
    done = type("Done", (), {"returncode": 1, "stderr": b"no such model", "stdout": b""})()
    monkeypatch.setattr(ppo_memory.subprocess, "run", lambda *args, **given: done)
    with pytest.raises(RuntimeError, match="Measuring failed: no such model"):
        ppo_memory.measured(ppo_memory.small_plan(SETTINGS, 2, 100, 64))
