"""Model folders: a causal language model or a LoRA adapter, and its tokenizer.

Weights are read from safetensors alone, and no code of a model is run: a folder from elsewhere can
hold nothing but numbers and settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ...errors import ConfigError, require
from ...files import fingerprint
from ...retrieval.encoders.models import SAFE, model_folder, read_settings
from .quiet import quiet

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

ADAPTER = "adapter_config.json"
BASE = "base_model_name_or_path"
"""Where an adapter's settings name its base model."""

_LOADED = (
    "config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json",
    "tokenizer*", "chat_template*", "special_tokens_map.json", "added_tokens.json",
    "vocab*", "merges.txt", "*.model",
)  # fmt: skip
"""What a model and its tokenizer are loaded from. A trainer leaves more: records, checkpoints."""

BUILT_IN = {"tiny": Path(__file__).parents[1] / "tiny" / "checkpoint"}
"""Models that come with the package, by name."""


def check_model(model: str | Path) -> Path:
    """Return the folder of a model that can be loaded.

    Args:
        model: The folder, a name at the hub, or `tiny` for the model that comes with the package.

    Raises:
        ConfigError: If there is none, or it holds no causal language model in safetensors.
    """
    folder = _found(model)
    folders_of(folder)
    return _checked(folder)


def _found(model: str | Path) -> Path:
    """Return a model's folder, whatever it holds."""
    return model_folder(model if Path(model).is_dir() else BUILT_IN.get(str(model), model))


def _checked(folder: Path) -> Path:
    """Return a folder that holds a causal language model or an adapter in safetensors."""
    if not any((folder / name).is_file() for name in ("config.json", ADAPTER)):
        raise ConfigError(
            f"{folder} holds no model: it has neither a config.json nor an {ADAPTER}. Give the "
            "folder that `save_pretrained` wrote."
        )
    if not any(folder.glob("*.safetensors")):
        raise ConfigError(
            f"{folder} has no weights in safetensors; others could run code and are not read. "
            "Save the model again with `save_pretrained`, which writes them."
        )
    return folder


def is_adapter(folder: Path) -> bool:
    """Return whether a folder holds an adapter, which needs its base model."""
    return (folder / ADAPTER).is_file()


def base_of(folder: Path) -> Path:
    """Return the folder of an adapter's base model, which may be an adapter in turn.

    Raises:
        ConfigError: If it cannot be found or cannot be loaded.
    """
    settings = read_settings(folder / ADAPTER)
    if settings.get("megatron_config"):
        raise ConfigError(
            f"{folder / ADAPTER} sets 'megatron_config', by which a module would be imported. Such "
            "adapters are not read: merge it into its base model, and give that."
        )
    named = str(settings.get(BASE) or "")
    beside = folder / named
    try:
        return _checked(_found(beside.resolve() if named and beside.is_dir() else named))
    except ConfigError as error:
        raise _unusable(folder, named, str(error)) from error


def folders_of(folder: Path) -> list[Path]:
    """Return all folders whose files make a model: an adapter's, and its base model's.

    Raises:
        ConfigError: If a base model cannot be used, or is an adapter of its own adapter.
    """
    found = [folder]
    while is_adapter(found[-1]):
        base = base_of(found[-1])
        if base.resolve() in [each.resolve() for each in found]:
            raise _unusable(found[-1], base.name, "it is an adapter that needs this one itself.")
        found.append(base)
    return found


def _unusable(folder: Path, base: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{folder} is an adapter, and its base model {base!r} cannot be used: {reason} "
        f"Mend {BASE} in its {ADAPTER}."
    )


def files_fingerprint(folder: Path) -> str:
    """Return 16 hexadecimal digits that name what is loaded from a folder, wherever it lies.

    An adapter's base model is in another folder, with a fingerprint of its own.
    """
    files = {file for pattern in _LOADED for file in folder.glob(pattern) if file.is_file()}
    contents = {file.name: _digest(file) for file in files}
    adapter = {k: v for k, v in read_settings(folder / ADAPTER).items() if k != BASE}
    return fingerprint([contents, adapter])


def _digest(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load_model(
    folder: Path, *, dtype: Dtype = "auto", device: str | None = None
) -> tuple[Any, Any]:
    """Return the model of a folder, ready for use, and its tokenizer.

    An adapter is merged into its base model, which is as quick as the base model alone. Adapters
    of adapters are merged one after the other.

    Args:
        folder: What `check_model` returned.
        dtype: The model's numbers; "auto" as they were saved.
        device: Where; None for the best there is.

    Raises:
        ConfigError: If the files do not hold a causal language model.
    """
    torch = require("torch", "llm")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    *adapters, base = folders_of(folder)
    library = require("transformers", "llm").AutoModelForCausalLM
    with _told(base, "a causal language model"), quiet():
        model, info = library.from_pretrained(
            base, dtype=dtype, use_safetensors=True, output_loading_info=True, **SAFE
        )
    _check_whole(base, info)
    for adapter in reversed(adapters):
        peft = require("peft", "llm")
        with _told(adapter, "an adapter of its base model"), quiet():
            model = peft.PeftModel.from_pretrained(model, adapter).merge_and_unload()
    with _told(folder, f"a model that can be moved to {place!r}"):
        model = model.to(place).eval()
    return model, load_tokenizer(folder)


def load_tokenizer(folder: Path) -> Any:
    """Return a model's tokenizer: an adapter may have its own, or leave it to its base model."""
    *adapters, base = folders_of(folder)
    names = ("tokenizer.json", "tokenizer_config.json")
    own = (each for each in adapters if any((each / name).is_file() for name in names))
    place = next(own, base)
    with _told(place, "a tokenizer"):
        return require("transformers", "llm").AutoTokenizer.from_pretrained(place, **SAFE)


def _check_whole(folder: Path, info: Mapping[str, Any]) -> None:
    """Refuse a model without all of its weights: the library would make up the rest at random."""
    lacking = sorted(info["missing_keys"]) + sorted(str(key) for key in info["mismatched_keys"])
    if lacking:
        raise ConfigError(
            f"{folder} lacks {len(lacking)} of its weights, such as {lacking[0]}: it is no causal "
            "language model, or was not saved whole."
        )


@contextmanager
def _told(folder: Path, what: str) -> Iterator[None]:
    """Say in one line what could not be read."""
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{folder} could not be loaded as {what} ({type(error).__name__}: {reason:.300})."
        ) from error
