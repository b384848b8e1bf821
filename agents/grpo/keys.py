"""Keys on a command line: taken for the run, warned about, and kept nowhere.

They belong into the environment. On a command line the shell's history and everybody on the machine
can read them; still, published commands have them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated

from ...errors import ConfigError
from ..training.variables import variables
from .settings import GRPOSettings

VARIABLES: Mapping[str, str] = {
    "openai_api_key": "OPENAI_API_KEY",
    "exa_api_key": "EXA_API_KEY",
    "wandb_api_key": "WANDB_API_KEY",
    "hub_token": "HF_TOKEN",
}
"""Where the key of a flag belongs."""


@dataclass(frozen=True, kw_only=True)
class Flags(GRPOSettings):
    """What stands on the command line: the settings, and keys.

    Raises:
        ConfigError: If a key is empty, as that of a variable that was not set.
    """

    openai_api_key: Annotated[
        str | None, "Of the judge. Better in the environment: OPENAI_API_KEY.", "Keys"
    ] = field(default=None, repr=False)
    exa_api_key: Annotated[str | None, "Of the search. Better: EXA_API_KEY."] = field(
        default=None, repr=False
    )
    wandb_api_key: Annotated[str | None, "Of Weights & Biases. Better: WANDB_API_KEY."] = field(
        default=None, repr=False
    )
    hub_token: Annotated[str | None, "Of the hub. Better: HF_TOKEN."] = field(
        default=None, repr=False
    )

    def __post_init__(self) -> None:
        """Refuse empty keys: whoever gives one wants the service asked."""
        super().__post_init__()
        for name, variable in VARIABLES.items():
            key = getattr(self, name)
            if key is not None and not key.strip():
                raise ConfigError(
                    f"{name} is empty: give a key, or set {variable} and leave it out."
                )

    @property
    def keys(self) -> dict[str, str]:
        """The keys that were given, by flag."""
        return {name: key for name in VARIABLES if (key := getattr(self, name))}

    def settings(self) -> GRPOSettings:
        """Return all else; a judge and a search whose keys were given are asked."""
        values = {name: getattr(self, name) for name in GRPOSettings.__dataclass_fields__}
        for name, flag, meant in (
            ("judge", "openai_api_key", "openai"),
            ("retriever", "exa_api_key", "exa"),
        ):
            if getattr(self, flag) and not values[name]:
                values[name] = meant
        return GRPOSettings(**values)


def warning(names: Mapping[str, str]) -> str:
    """Return what is said of keys that stand on a command line."""
    flags = ", ".join(f"--{name}" for name in names)
    better = ", ".join(VARIABLES[name] for name in names)
    return (
        f"{flags}: others on this machine can read a command line, and the shell keeps it. Set "
        f"{better} in the environment instead. Nothing of this run stores a key."
    )


def in_environment(keys: Mapping[str, str]) -> AbstractContextManager[None]:
    """Hold keys, given by flag, where the clients look for them; and put back what was there."""
    return variables({VARIABLES[name]: key for name, key in keys.items()})
