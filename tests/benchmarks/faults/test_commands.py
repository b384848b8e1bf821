"""The commands on a disk that is full: one line, exit status 2, and nothing half written."""

import json
import subprocess
import sys

import pytest
from faulty_runs import fill, half_written, small_disk

WORLD = "world?entities=200&train=24&dev=12&test=0&hops=1"
BENCH = (
    "bench", "--envs", "hopgym/SearchRead-v0", "--agents", "iterative", "--questions", WORLD,
    "--split", "dev", "--out", "{disk}/results",
)  # fmt: skip
BUILD = ("kb", "build", "--documents", "{files}/documents.jsonl", "--output", "{disk}/kb")
DRAG = (
    "train", "drag", "--questions", WORLD, "--encoder", "hashing?dim=32", "--hidden_dim", "16",
    "--epochs", "1", "--checkpoint_dir", "{disk}/out", "--device", "cpu",
)  # fmt: skip
COMMANDS = [BENCH, BUILD, pytest.param(DRAG, marks=pytest.mark.slow)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(command, tmp_path):
    rows = [{"id": str(n), "title": f"T{n}", "text": f"word{n} " * 200} for n in range(200)]
    (tmp_path / "documents.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with small_disk(tmp_path / "disk", 4) as disk:
        words = [word.format(disk=disk, files=tmp_path) for word in command]
        ballast = fill(disk, leave=8192)
        done = run(words)
        assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr
        last = done.stderr.strip().splitlines()[-1]
        assert "No space left" in last and ("Free some" in last or "Mend" in last), done.stderr
        assert not half_written(disk)
        ballast.unlink()
        again = run(words)
        assert again.returncode == 0, again.stderr


def run(words):
    return subprocess.run(
        [sys.executable, "-m", "hopgym", *words], capture_output=True, text=True, check=False
    )
