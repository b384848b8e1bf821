"""A trained model at the Hugging Face hub."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from ...errors import AgentError, ConfigError, require

NOT_PUSHED = ("checkpoints/*", "best/*", "tensorboard/*", "run.json")
"""What of a run's folder is no part of its model: it serves to resume the run, or to watch it."""

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def check_name(name: str | None) -> None:
    """Refuse what is no model's name at the hub, before a model is trained for it.

    Raises:
        ConfigError: If it is none.
    """
    if not name:
        raise ConfigError("push_to_hub needs hub_model_id, as user/name.")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"hub_model_id is {name!r}; give user/name, such as ada/my-model.")


def check_access() -> None:
    """Refuse a run that could not push its model: better told before it than after it.

    Raises:
        ConfigError: If the hub is not to be asked, or no key of it is on this machine.
    """
    if require("huggingface_hub.constants", "llm").HF_HUB_OFFLINE:
        raise ConfigError("push_to_hub needs a network, and HF_HUB_OFFLINE is set. Unset it.")
    if not require("huggingface_hub", "llm").get_token():
        raise ConfigError(
            "push_to_hub needs a token that may write: set HF_TOKEN, or log in by `hf auth login`."
        )


def push(folder: Path, name: str, *, private: bool) -> None:
    """Push the folder of a run; the key is read from the environment by the hub's own library.

    Args:
        folder: Where the trained model is.
        name: Its name there, as `user/name`.
        private: Whether it is made private, where it is new.

    Raises:
        AgentError: If the hub does not take it; the message says how to try again.
    """
    library = require("huggingface_hub", "llm")
    try:
        api = library.HfApi()
        api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=str(folder), ignore_patterns=list(NOT_PUSHED))
    except (OSError, ValueError, RuntimeError) as error:  # what it raises, its own kinds among them
        again = ["hf", "upload", name, str(folder), ".", *(["--private"] if private else [])]
        left_out = [word for pattern in NOT_PUSHED for word in ("--exclude", pattern)]
        raise AgentError(
            f"The model was trained and is in {folder}, but was not pushed to {name} "
            f"({type(error).__name__}: {' '.join(str(error).split()):.300}). Try again with: "
            f"{shlex.join([*again, *left_out])}"
        ) from error
