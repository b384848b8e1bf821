import os
import subprocess
import sys

import pytest
from hub_server import TOKEN, hub_environment, hub_server

from hopgym.agents.training.hub import check_access, check_name, push
from hopgym.errors import AgentError, ConfigError

pytest.importorskip("huggingface_hub")

FILES = {
    "adapter_config.json": "{}",
    "adapter_model.safetensors": "weights",
    "tokenizer.json": "{}",
    "hopgym.json": "{}",
    "journal.jsonl": '{"step": 1}',
}
NOT_PUSHED = ("run.json", "checkpoints/checkpoint-1/model.safetensors", "best/model.safetensors",
              "checkpoints/checkpoint-1/state/optimizer.pt", "tensorboard/events")  # fmt: skip
PUSH = """
import sys
from pathlib import Path
from hopgym.agents.training.hub import push
from hopgym.errors import AgentError
try:
    push(Path(sys.argv[1]), "user/name", private=sys.argv[2] == "private")
except AgentError as error:
    print(error)
    sys.exit(3)
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "my out"
    for name in (*FILES, *NOT_PUSHED):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(FILES.get(name, "x"))
    return place


def pushed(folder, hub, private="private", token=TOKEN):
    """Push in a process of its own: the hub's library reads where it is when it is imported."""
    env = {**os.environ, **hub_environment(hub), "HF_TOKEN": token, "HF_HOME": str(folder.parent)}
    return subprocess.run(
        [sys.executable, "-c", PUSH, str(folder), private],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_model_is_pushed_and_what_serves_the_run_is_not(folder):
    with hub_server() as hub:
        done = pushed(folder, hub)
    assert done.returncode == 0, done.stderr
    assert hub.made == [{"name": "name", "organization": "user", "visibility": "private"}]
    assert {name: content.decode() for name, content in hub.files.items()} == FILES
    for asked in hub.asked:
        assert TOKEN not in asked.path and TOKEN.encode() not in asked.body
        held = [name for name, value in asked.headers.items() if TOKEN in value]
        assert held == (["authorization"] if "user/name" in asked.path else held[:1])
        assert not (held and asked.path.startswith(("/lfs/", "/api/telemetry")))
    assert TOKEN not in done.stdout + done.stderr


def test_a_hub_that_refuses_leaves_the_model_and_a_command(folder):
    with hub_server(refuses="commit") as hub:
        done = pushed(folder, hub, private="public")
    assert done.returncode == 3 and not hub.files
    assert hub.made[0].get("visibility") != "private"
    assert f"The model was trained and is in {folder}, but was not pushed" in done.stdout
    assert f"hf upload user/name '{folder}' . --exclude 'checkpoints/*'" in done.stdout
    assert "--private" not in done.stdout


def test_a_bad_token_is_told_without_it(folder):
    with hub_server() as hub:
        done = pushed(folder, hub, token="hf_not-this-one")
    assert done.returncode == 3 and not hub.made and "401" in done.stdout
    assert "--private" in done.stdout and "hf_not-this-one" not in done.stdout + done.stderr


def test_offline_it_says_so(folder, monkeypatch):
    import huggingface_hub

    class Offline:
        def create_repo(self, *given, **named):
            raise ConnectionError("Cannot reach it: offline mode is enabled.")

    monkeypatch.setattr(huggingface_hub, "HfApi", Offline)
    with pytest.raises(AgentError, match=r"not pushed to user/name \(ConnectionError: Cannot"):
        push(folder, "user/name", private=False)


@pytest.mark.parametrize("name", ["name", "a/b/c", "my name", "user/", "/name", "user/na me"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match="give user/name, such as ada/my-model"):
        check_name(name)


def test_a_run_that_could_not_push_is_refused(monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set"):
        check_access()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(ConfigError, match="set HF_TOKEN, or log in by `hf auth login`"):
        check_access()
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: TOKEN)
    check_access()


def test_a_missing_name_is_refused():
    with pytest.raises(ConfigError, match="push_to_hub needs hub_model_id"):
        check_name(None)
    check_name("deepseek-ai/DeepSeek-R1_7B.x")
