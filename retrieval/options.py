"""Options in a name: `"bm25?k1=1.2&b=0.75"` is the retriever bm25 with two keywords.

A value is read as JSON where it is JSON (`1.2`, `true`, `["a"]`), and else as text. An `&` inside
of JSON quotes parts nothing, so that a name with options can be an option, as in
`hybrid?children=["bm25?k1=1.2&b=0.75","tfidf"]`; `%26` is one everywhere. What a factory takes is
read from its signature, so that a value of the wrong kind is refused by its name.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import unquote

from ..errors import ConfigError

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    NoneType: "null",
}


def split_options(spec: str) -> tuple[str, dict[str, Any]]:
    """Split a name from its options.

    >>> split_options("bm25?k1=1.2&method=lucene")
    ('bm25', {'k1': 1.2, 'method': 'lucene'})
    >>> split_options('link_hop?base="bm25?k1=1.2&b=0.75"&weight=0.5')
    ('link_hop', {'base': 'bm25?k1=1.2&b=0.75', 'weight': 0.5})

    Raises:
        ConfigError: If an option stands there twice.
    """
    name, _, query = spec.partition("?")
    options: dict[str, Any] = {}
    for option in filter(None, _parts(query)):
        key, _, text = option.partition("=")
        key = unquote(key)
        if key in options:
            raise ConfigError(f"{spec!r:.100} gives {key!r} twice; give each option once.")
        options[key] = _value(unquote(text))
    return name, options


def _parts(query: str) -> list[str]:
    quoted = _QUOTED.sub(lambda match: match.group().replace("&", "%26"), query)
    return quoted.split("&")


def check_options(
    factory: Callable[..., Any],
    name: str,
    options: Mapping[str, Any],
    given: Sequence[str] | None = None,
) -> None:
    """Refuse options that a factory does not take, or not with such a value, or lacks.

    Only values of plain kinds are looked at here (numbers, texts, true and false, null); what
    else a factory takes, it checks itself.

    Args:
        factory: What is called.
        name: What the user calls it.
        options: The keywords it is called with.
        given: What it is called with by position, such as "the documents"; not looked at if None.

    Raises:
        ConfigError: If there is such an option; the message names the nearest and lists all, or
            says what the option takes.
    """
    if not callable(factory):
        raise ConfigError(
            f"{name!r} names a {type(factory).__name__}, which is no factory: name a class or a "
            f"function that is called with {_called_with(given or ())} and returns what is asked for."
        )
    try:
        signature = inspect.signature(factory)
    except (ValueError, TypeError):
        return  # some of Python's own do not tell
    parameters = signature.parameters
    takes = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    hints = _hints(factory) if options else {}
    for option, value in options.items():
        if option not in takes:
            if takes_any:
                continue
            close = get_close_matches(option, takes, n=1, cutoff=0.5)
            hint = f" Did you mean {close[0]!r}?" if close else _by_position(parameters, option)
            hint += _unquoted(options, option, takes)
            raise ConfigError(
                f"{name!r} has no option {option!r}.{hint} It takes: {', '.join(takes) or 'none'}."
            )
        _check_value(name, parameters[option], value, hints.get(option))
    for option in takes:
        if parameters[option].default is inspect.Parameter.empty and option not in options:
            raise ConfigError(
                f"{name!r} is short of an option: missing {option!r}. Write '{name}?{option}=...'."
            )
    if given is not None:
        _check_call(signature, name, options, given)


def _check_call(
    signature: inspect.Signature, name: str, options: Mapping[str, Any], given: Sequence[str]
) -> None:
    try:
        signature.bind(*given, **options)
    except TypeError as error:
        raise ConfigError(
            f"{name!r} takes {signature}, but it must be a factory, a class or a function that is "
            f"called with {_called_with(given)} ({error}). Every other parameter is an option: put "
            "`*` before it, and give it a default."
        ) from error


def _called_with(given: Sequence[str]) -> str:
    return f"{' and '.join(given)}, and its options" if given else "its options alone"


def _by_position(parameters: Mapping[str, inspect.Parameter], option: str) -> str:
    """Return how a parameter becomes an option; nothing for the documents, which are none."""
    parameter = parameters.get(option)
    if parameter is None or option == "documents":
        return ""
    if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
        return ""
    return (
        f" Only keyword-only parameters are options: put `*` before {option}, as in (*, {option})."
    )


def _unquoted(options: Mapping[str, Any], unknown: str, takes: Sequence[str]) -> str:
    """Return how an option is written that has options itself, if the unknown one may be its own."""
    names = list(options)
    place = names.index(unknown)
    texts = {n: v for n, v in options.items() if isinstance(v, str)}
    owner = next((n for n in reversed(names[:place]) if "?" in texts.get(n, "")), None)
    if owner is None:
        return ""
    own = [f"{n}={texts.get(n) or json.dumps(options[n])}" for n in names[place:] if n not in takes]
    whole = json.dumps("&".join((texts[owner], *own)), ensure_ascii=False)
    return f" An option that has options itself stands in quotes: {owner}={whole}."


def _check_value(name: str, parameter: inspect.Parameter, value: Any, type_: Any) -> None:
    kinds = _kinds(type_)
    if not kinds or any(_is(value, kind) for kind in kinds):
        return
    allowed = " or ".join(_KINDS.get(kind) or repr(kind) for kind in kinds)
    usual = parameter.default
    usual = "" if usual is parameter.empty else f" (usually {json.dumps(usual, default=str)})"
    given = json.dumps(value, default=repr)
    hint = ""
    if str in kinds and isinstance(value, int | float):
        hint = (
            f' A text that looks like another value stands in quotes: {parameter.name}="{given}".'
        )
    raise ConfigError(
        f"{name!r} was given {parameter.name}={given:.60}, but {parameter.name} is "
        f"{allowed}{usual}.{hint}"
    )


def _is(value: Any, kind: Any) -> bool:
    if not isinstance(kind, type):
        return bool(value == kind)  # one of a Literal's
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the plain types and literals that a hint allows; none if it allows other things."""
    if get_origin(hint) in (Union, UnionType):
        parts = [_kinds(part) for part in get_args(hint)]
        return tuple(kind for part in parts for kind in part) if all(parts) else ()
    if get_origin(hint) is Literal:
        return get_args(hint)
    return (hint,) if hint in _KINDS else ()


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a factory's parameters; none where they cannot be read."""
    maker = factory.__init__ if isinstance(factory, type) else factory  # type: ignore[misc]
    try:
        return get_type_hints(maker)
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}  # names that are imported for the type checker alone


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
