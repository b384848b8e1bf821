"""What is installed, reachable and missing on this machine, and how to mend it.

It looks and changes nothing; of a key it tells whether it is set, never its value.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from .. import __version__
from .suites import DATA_VARIABLE

State = Literal["ok", "absent", "broken"]
"""`absent` is optional and not there; `broken` keeps hopgym from working."""

CACHE_VARIABLE = "HOPGYM_CACHE"

KEYS = {
    "OPENAI_API_KEY": "the openai agent and judge",
    "GEMINI_API_KEY": "the gemini agent and judge",
    "EXA_API_KEY": "web search",
    "HF_TOKEN": "private models, and pushing to the Hub",
    "WANDB_API_KEY": "logging to Weights & Biases",
}
"""Environment variables, and what needs them."""

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


class Check(NamedTuple):
    """One thing that was looked at."""

    area: str
    name: str
    state: State
    detail: str
    mend: str = ""
    """The command or step that mends it."""


def examine() -> list[Check]:
    """Look at everything."""
    return [*_machine(), *_packages(), *_extras(), *_folders(), *_keys()]


def healthy(checks: Sequence[Check]) -> bool:
    """Whether nothing is broken; what is absent is only missed by those who need it."""
    return all(check.state != "broken" for check in checks)


def summary(checks: Sequence[Check]) -> str:
    """Say in a line how things stand.

    >>> summary([Check("key", "A", "ok", ""), Check("key", "B", "absent", "")])
    'hopgym works: 1 checks are fine, 1 optional things are absent.'
    """
    counts = {state: sum(check.state == state for check in checks) for state in get_args(State)}
    broken = ", ".join(check.name for check in checks if check.state == "broken")
    return (
        f"hopgym {f'does not work: mend {broken}' if broken else 'works'}: {counts['ok']} checks are "
        f"fine, {counts['absent']} optional things are absent."
    )


def cache_folder() -> Path:
    """Return where downloads and judges' verdicts are kept: `HOPGYM_CACHE`, or the user's cache."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(CACHE_VARIABLE) or base / "hopgym")


def requirements(extra: str | None = None) -> list[str]:
    """Return the packages that hopgym needs, or those that an extra adds.

    >>> "numpy" in requirements(), "jinja2" in requirements("plots")
    (True, True)
    """
    names: dict[str, None] = {}
    if _version("hopgym") is None:
        return []
    for line in metadata.requires("hopgym") or ():
        marker = _EXTRA.search(line)
        match = _REQUIREMENT.match(line)
        if match is None or (marker[1] if marker else None) != extra:
            continue
        if match[1] == "hopgym":
            names.update(dict.fromkeys(p for e in match[2].split(",") for p in requirements(e)))
        else:
            names[match[1]] = None
    return list(names)


def extras() -> list[str]:
    """Return the extras of hopgym."""
    if _version("hopgym") is None:
        return []
    return metadata.metadata("hopgym").get_all("Provides-Extra") or []


def _machine() -> Iterator[Check]:
    place = f"{__version__} in {Path(__file__).parents[1]}"
    if _version("hopgym"):
        yield Check("machine", "hopgym", "ok", place)
    else:  # only copied: what it needs is not known
        yield Check("machine", "hopgym", "broken", f"{place}, not installed", "pip install hopgym")
    version = platform.python_version()
    recent = sys.version_info >= (3, 11)
    yield Check(
        "machine",
        "Python",
        "ok" if recent else "broken",
        f"{version} on {platform.platform()}",
        "" if recent else "Install Python 3.11 or newer.",
    )


def _packages() -> Iterator[Check]:
    for name in requirements():
        version = _version(name)
        if version:
            yield Check("package", name, "ok", version)
        else:
            yield Check("package", name, "broken", "not installed", "pip install hopgym")


def _extras() -> Iterator[Check]:
    for extra in extras():
        if extra == "all":
            continue
        names = requirements(extra)
        missing = [name for name in names if _version(name) is None]
        versions = ", ".join(f"{name} {_version(name)}" for name in names if name not in missing)
        if missing:
            mend = f'pip install "hopgym[{extra}]"'
            told = f"missing: {', '.join(missing)}"
            told += f" (there: {versions})" if versions else ""
            yield Check("extra", extra, "absent", told, mend)
        else:
            yield Check("extra", extra, "ok", versions)


def _folders() -> Iterator[Check]:
    data = os.environ.get(DATA_VARIABLE)
    if data and Path(data).is_dir():
        yield Check("folder", "data", "ok", data)
    else:
        problem = f"{data!r} is no folder" if data else f"{DATA_VARIABLE} is not set"
        mend = f"export {DATA_VARIABLE}=/path/to/data (only for real data sets)"
        yield Check("folder", "data", "absent", problem, mend)
    cache = cache_folder()
    if _writable(cache):
        yield Check("folder", "cache", "ok", str(cache))
    else:
        mend = f"export {CACHE_VARIABLE}=/a/folder/you/own"
        yield Check("folder", "cache", "absent", f"{cache} is not writable", mend)


def _keys() -> Iterator[Check]:
    for name, use in KEYS.items():
        if os.environ.get(name):
            yield Check("key", name, "ok", "set")
        else:
            yield Check("key", name, "absent", "not set", f"export {name}=... (for {use})")


def _writable(folder: Path) -> bool:
    """Whether the folder, or the nearest one above it that exists, can be written."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
