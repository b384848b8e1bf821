"""Settings as flags: a command whose options are the fields of a dataclass.

Each field is annotated with what it is, as `lr: Annotated[float, "The learning rate."] = 1e-4`, and
becomes `--lr`. A third text, as in `Annotated[float, "The learning rate.", "Optimiser"]`, begins a
panel of the help with that heading: the field and those that follow. What a dataclass inherits
comes after its own. A name of several words is written with underscores, as the field is; dashes
will do too. All of them may stand in a JSON file given by `--config`, over which flags win; where a
learner has presets, both win over `--preset`. It knows no learner.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import typer

from ..errors import ConfigError, unknown_name
from ..files import parse_json, read_text

S = TypeVar("S")

CONFIG = "config"
PRESET = "preset"

Presets = Mapping[str, Mapping[str, Any]]
"""Settings that go together, by name."""

DASHES = {"token_normalize_func": lambda name: name.replace("-", "_")}
"""The command's `context_settings`: `--lora-r` is `--lora_r`."""


def command(
    settings: type[S],
    run: Callable[[S], None],
    doc: str,
    presets: Presets | None = None,
    *,
    not_in_files: Collection[str] = (),
) -> Callable[..., None]:
    """Return a function that typer makes a command of.

    Args:
        settings: A dataclass whose fields all have defaults.
        run: Is called with the settings that were given.
        doc: What the command does, in one line.
        presets: What `--preset` may name, if there are any.
        not_in_files: Keys, which no file of settings may hold.
    """
    ordered = _own_first(settings)
    names = [each.name for each in ordered]

    def called(ctx: typer.Context, **given: Any) -> None:
        preset, path = given.pop(PRESET, None), given.pop(CONFIG)
        usual = read_preset(presets or {}, preset, f"{ctx.command_path} --help") if preset else {}
        told = read_config(path, names, not_in_files) if path else {}
        flags = {name: value for name, value in given.items() if _was_given(ctx, name)}
        merged = {**usual, **told, **flags}
        run(settings(**{n: tuple(v) if isinstance(v, list) else v for n, v in merged.items()}))

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *_parameters(settings, ordered),
        *_files(presets),
    ]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    called.__doc__ = doc
    return called


def read_preset(presets: Presets, name: str, listing: str) -> Mapping[str, Any]:
    """Return the settings of a preset.

    Args:
        presets: What there is.
        name: Which.
        listing: The command that lists them.

    Raises:
        UnknownNameError: If there is none of that name.
    """
    if name not in presets:
        raise unknown_name("preset", name, presets, listing)
    return presets[name]


def read_config(
    path: str | Path, names: list[str], not_in_files: Collection[str] = ()
) -> dict[str, Any]:
    """Read settings from a JSON file.

    Raises:
        ConfigError: If it holds no object, a name that is no setting, or a key.
        DataError: If it cannot be read.
    """
    held = parse_json(read_text(path), str(path))
    if not isinstance(held, Mapping):
        raise ConfigError(f"{path}: settings are a JSON object of plain values, not {held!r:.60}.")
    for name in held:
        if name in not_in_files:
            raise ConfigError(f"{path} holds {name!r}: a key belongs into the environment.")
        if name not in names:
            close = get_close_matches(str(name), names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigError(f"{path}: no setting is called {name!r}.{hint}")
    return dict(held)


def _own_first(settings: type[Any]) -> list[Field[Any]]:
    """Return the fields of a dataclass, those that it inherits after its own."""
    own = [name for kind in settings.__mro__ for name in inspect.get_annotations(kind)]
    return sorted(fields(settings), key=lambda each: own.index(each.name))


def _parameters(settings: type[Any], ordered: list[Field[Any]]) -> list[inspect.Parameter]:
    hints = get_type_hints(settings, include_extras=True)
    made, panel = [], None
    for each in ordered:
        panel = get_args(hints[each.name])[2:] or panel
        made.append(_parameter(each, hints[each.name], *panel or ()))
    return made


def _files(presets: Presets | None) -> list[inspect.Parameter]:
    """Return the flags that stand for several settings."""
    config = typer.Option(f"--{CONFIG}", help="A JSON file of settings; flags win over it.")
    made = [_keyword(CONFIG, None, Annotated[str | None, config])]
    if presets:
        about = f"Settings for a machine: {', '.join(presets)}. The file and flags win over it."
        preset = typer.Option(f"--{PRESET}", help=about)
        made.append(_keyword(PRESET, None, Annotated[str | None, preset]))
    return made


def _parameter(each: Field[Any], hint: Any, panel: str | None = None) -> inspect.Parameter:
    kind, about = get_args(hint)[:2]
    is_switch = kind is bool or bool in get_args(kind)
    flag = f"--{each.name}/--no_{each.name}" if is_switch else f"--{each.name}"
    default = list(each.default) or None if isinstance(each.default, tuple) else each.default
    shown = ("on" if default else "off") if is_switch and default is not None else True
    option = typer.Option(flag, help=about, rich_help_panel=panel, show_default=shown)
    return _keyword(each.name, default, Annotated[_plain(kind), option])


def _keyword(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _plain(kind: Any) -> Any:
    """Return a type that typer knows: a text for one of several words, a list for a tuple."""
    if get_origin(kind) is Literal:
        return str
    if get_origin(kind) is tuple:
        return list[str] | None
    if get_origin(kind) in (Union, UnionType):
        parts = [_plain(part) for part in get_args(kind) if part is not NoneType]
        return parts[0] | None
    return kind


def _was_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
