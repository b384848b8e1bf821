"""Several processes train one model."""

import os
import subprocess
import sys

import pytest
from grpo_runs import BY_LENGTH, WORLD, workplace
from ppo_runs import lines
from tiny_llms import needs_llms

needs_llms()
pytest.importorskip("trl")

FLAGS = [
    "--data_path", WORLD, "--env_id", "hopgym/SearchRead-v0", "--env_set", "max_steps=1",
    "--env_set", "top_k=1", "--reward", BY_LENGTH, "--prompt", "plain", "--lora_r", "0",
    "--lr", "1e-3", "--max_steps", "3", "--batch_size", "2", "--gradient_accumulation_steps", "2",
    "--num_generations", "2", "--max_new_tokens", "8", "--no_mask_overlong", "--eval_every", "1",
    "--save_every", "1", "--no_gradient_checkpointing", "--eval_episodes", "2",
]  # fmt: skip


def run(folder, *flags, processes=2):
    words = [sys.executable, "-m", "torch.distributed.run", f"--nproc_per_node={processes}",
             "--master_port=0", "--standalone", "-m", "hopgym", "train", "grpo",
             "--model_name", str(folder / "base"), "--output_dir", str(folder / "out"),
             *FLAGS, *flags]  # fmt: skip
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, capture_output=True, text=True, timeout=400, env=env, check=False)


@pytest.mark.slow
def test_two_processes_train_one_model_and_one_of_them_speaks(tmp_path):
    workplace(tmp_path)
    told = run(tmp_path)
    assert told.returncode == 0, told.stderr[-3000:]
    assert told.stdout.count("Wrote ") == 1
    journal, marks = (lines(tmp_path / "out" / name) for name in ("journal.jsonl", "marks.jsonl"))
    assert [line["step"] for line in journal] == [1, 2, 3]
    assert [mark["step"] for mark in marks] == [0, 1, 2, 3]
    assert all(line["reward"] == pytest.approx(line["reward/short"]) for line in journal)
    again = run(tmp_path)
    assert again.returncode != 0 and "holds an earlier run" in again.stderr
