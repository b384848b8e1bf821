"""What training and playing by Stable-Baselines3 needs besides hopgym, looked for before anything else."""

from __future__ import annotations

from importlib.util import find_spec

from ...errors import require

_NEEDED = ("torch", "stable_baselines3", "sb3_contrib", "torch_geometric", "safetensors")


def check_extras() -> None:
    """Refuse to begin where a library is missing.

    Raises:
        MissingExtraError: If one is; the message is the command that installs it.
    """
    for module in _NEEDED:
        if find_spec(module) is None:  # to import them all takes ten seconds and more
            require(module, "sb3")
