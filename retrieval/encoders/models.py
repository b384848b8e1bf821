"""Model files: where they are, what they hold, and models that are loaded late.

A model is a folder, or the name of one at the Hugging Face hub, which is looked up in the local
cache first. Its fingerprint is that of its files, so that a model that was moved is the same one
and a model that was trained further is not. Used by every encoder and reranker with weights.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

from ...errors import ConfigError, require
from ...files import parse_json, read_text

T = TypeVar("T")

SAFE: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
"""What every model is loaded with: no code of its own runs, nobody is asked whether it may, and
nothing is fetched behind our back. Where it is left out, the libraries ask at the keyboard."""

_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
_READ = {".json", ".txt", ".model", ".safetensors", ".bin", ".jinja"}
_UNREAD = ("onnx", "openvino", "coreml", "original")
_IGNORED = ["*.h5", "*.msgpack", "*.ot", "*.onnx", *(f"{folder}/*" for folder in _UNREAD)]


def model_folder(
    model: str | Path, *, revision: str | None = None, local_files_only: bool = False
) -> Path:
    """Return the folder of a model.

    Args:
        model: The folder, or a name at the hub.
        revision: A branch, tag or commit at the hub.
        local_files_only: Never ask the network; the variable HF_HUB_OFFLINE says the same.

    Raises:
        ConfigError: If there is no such folder, or the hub's model is neither here nor in reach.
    """
    if str(model) and Path(model).is_dir():
        return Path(model).resolve()
    if not isinstance(model, str) or not _HUB_NAME.fullmatch(model):
        raise ConfigError(
            f"No model folder {str(model)!r}. Give a folder that holds a model, or a name at the "
            'hub such as "sentence-transformers/all-MiniLM-L6-v2".'
        )
    hub = require("huggingface_hub", "dense")
    try:
        found = hub.snapshot_download(
            model,
            revision=revision,
            local_files_only=local_files_only,
            ignore_patterns=_IGNORED,
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConfigError(
            f"The model {model!r} is not on this machine and could not be fetched ({reason:.200}). "
            f"Give the folder of a model, or run with a network: hf download {model}"
        ) from error
    return Path(found)


def is_model(name: str) -> bool:
    """Tell whether a name is that of a model: a folder, or one at the hub, which has a slash.

    >>> is_model("intfloat/e5-base-v2"), is_model("minilm"), is_model("my/file.py:make")
    (True, False, False)
    """
    return bool(name) and ".py:" not in name and ("/" in name or Path(name).is_dir())


def files_fingerprint(folder: Path) -> str:
    """Return 16 hexadecimal digits that name a model's files, whatever its folder is called."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if file.suffix in _READ and name.parts[0] not in _UNREAD and not hidden:
            with open(file, "rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            digest.update(f"{name.as_posix()} {content}\n".encode())
    return digest.hexdigest()[:16]


def read_settings(file: Path) -> dict[str, Any]:
    """Return the JSON object of a model's settings file, or an empty one if there is no file."""
    if not file.is_file():
        return {}
    content = parse_json(read_text(file), str(file))
    return content if isinstance(content, dict) else {}


class LateModel(Generic[T]):
    """A model that is loaded when first used, and used by one thread at a time.

    A tokenizer must not be shared by threads at work, and a forward pass fills all cores anyway.
    A pickled copy loads the model again.

    Args:
        load: Loads it.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = RLock()
        self._model: T | None = None

    @contextmanager
    def use(self) -> Iterator[T]:
        """Lend the model; other threads wait until it is given back."""
        with self._lock:
            if self._model is None:
                with _quiet():
                    self._model = self._load()
            yield self._model

    def __reduce__(self) -> tuple[type[LateModel[T]], tuple[Callable[[], T]]]:
        return LateModel, (self._load,)


@contextmanager
def _quiet() -> Iterator[None]:
    """Load without progress bars and advice; leave the user's own settings as they were."""
    log = require("transformers.utils.logging", "dense")
    verbosity, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        if bars:
            log.enable_progress_bar()
