"""The cluster files in examples/accelerate/ are ones that accelerate takes, and ask for what the docs say."""

import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "examples/accelerate").glob("*.yaml"))
COMMANDS = [
    line
    for line in (ROOT / "docs/scale.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("accelerate launch")
]


def launched(*words):
    """What accelerate understands: its own arguments, with the file's in them."""
    launch = pytest.importorskip("accelerate.commands.launch")
    args = launch.launch_command_parser().parse_args(list(words))
    args, defaults, _ = launch._validate_launch_command(args)
    return args, defaults


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_is_one_that_accelerate_takes(file):
    args, defaults = launched("--config_file", str(file), "-m", "hopgym")
    assert args.num_processes == defaults.num_processes >= 8 and args.mixed_precision == "bf16"
    assert args.use_fsdp == ("fsdp" in file.stem) != args.multi_gpu
    nodes = int(file.stem.split("_")[0]) if "nodes" in file.stem else 1
    assert args.num_machines == nodes


def test_the_weights_are_put_together_for_a_checkpoint():
    """FSDP's saved state is whole, and an environment of accelerate's says so to each process."""
    launch = pytest.importorskip("accelerate.utils.launch")
    args, _ = launched("--config_file", str(ROOT / "examples/accelerate/fsdp_8_gpus.yaml"), "x.py")
    env = launch.prepare_multi_gpu_env(args)
    assert env["ACCELERATE_USE_FSDP"] == "true" and env["FSDP_VERSION"] == "2"
    assert env["FSDP_STATE_DICT_TYPE"] == "FULL_STATE_DICT"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_docs_are_ones_that_accelerate_takes(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    args, _ = launched(*shlex.split(command)[2:])
    assert args.module and args.training_script == "hopgym"
    assert args.training_script_args[0] == "train"
    assert Path(args.config_file).is_file()


def test_there_are_files_and_commands():
    assert len(FILES) == 3 and len(COMMANDS) >= 2
