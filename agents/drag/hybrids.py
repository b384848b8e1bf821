"""Hybrids of Mamba and attention as generators: are they computed rightly here, and by what.

Nemotron-H, Bamba, Falcon-H1 and their like read a text in chunks. A release of transformers whose
plain torch path joined the chunks wrongly gives wrong numbers for every prompt that is longer than
one chunk, without a word; `check_chunks` finds that out before anything is trained on it.
"""

from __future__ import annotations

import copy
import importlib
from importlib import metadata
from typing import Any

from ...errors import ConfigError, require
from ..llm.quiet import quiet
from .lora_targets import state_spaces

_SHORT, _LONG, _TOKENS = 16, 64, 56
"""Chunks of one size and of another, and a text that is several of the first and one of the second.
Kernels want chunks of 16 at least."""

_MOST = 0.02
"""What the two may differ by, of their size. Plain torch differs by 1e-6, a kernel that multiplies in
shorter numbers by 1e-3; a state that is joined wrongly by a third and more."""

_KERNELS = ("mamba_ssm", "causal_conv1d")


def check_chunks(model: Any) -> None:
    """Refuse a hybrid whose Mamba layers give other numbers for other sizes of chunks.

    A layer's text is computed in short chunks, and in one. Its state is made to last, and to be all
    there is: where it fades within a chunk, or is little beside the rest, nothing could be seen.

    Raises:
        ConfigError: If they differ, which is a fault of the installed transformers.
    """
    torch = require("torch", "llm")
    layers = [layer for layer in state_spaces(model) if hasattr(layer, "chunk_size")]
    if not layers or layers[0].A_log.device.type == "meta":
        return
    layer = copy.deepcopy(layers[0]).float().eval()
    width, device = layer.in_proj.in_features, layer.A_log.device
    drawn = torch.randn(1, _TOKENS, width, generator=torch.Generator().manual_seed(0)).to(device)
    with torch.no_grad():
        layer.A_log.fill_(-1.0)
        layer.dt_bias.fill_(-3.0)  # a step of about 0.05
        layer.D.zero_()  # no way past the state
        layer.chunk_size = _LONG
        with quiet():  # that it is plain torch is told by `mamba_path`
            whole = layer(drawn)
            layer.chunk_size = _SHORT
            others = [layer.train(mode)(drawn) for mode in (False, True)]  # two paths, with kernels
        apart = max(float((other - whole).norm() / whole.norm()) for other in others)
    if not apart < _MOST:
        raise ConfigError(
            f"transformers {metadata.version('transformers')} computes {type(layer).__name__} "
            f"wrongly: in chunks of {_SHORT} its output differs by {apart:.1%} from that in chunks "
            f"of {_LONG} (huggingface/transformers#47246), so longer prompts would be misread. Run: "
            'pip install "transformers>=5.23"'
        )


def kernels_here() -> dict[str, str]:
    """Return the kernels of Mamba layers that can be imported, with their versions."""
    found = {}
    for module in _KERNELS:
        try:
            importlib.import_module(module)
            found[module.replace("_", "-")] = metadata.version(module.replace("_", "-"))
        except Exception:
            continue
    return found


def mamba_path(device: str | None = None) -> str:
    """Say in a line what Mamba layers are computed with on a device, and what would be faster.

    Args:
        device: "cpu" or "cuda"; None for the best there is.
    """
    torch = require("torch", "llm")
    there = bool(torch.cuda.is_available())
    place = device or ("cuda" if there else "cpu")
    if not place.startswith("cuda") or not there:
        return "Mamba layers: plain torch, for the generator is not on a GPU."
    found, name = kernels_here(), torch.cuda.get_device_name()
    if len(found) == len(_KERNELS):
        return f"Mamba layers: {' and '.join(map(' '.join, found.items()))} on {name}."
    return (
        f"Mamba layers: plain torch on {name}, which is several times slower than the kernels. Run: "
        'pip install --no-build-isolation "hopgym[mamba]"'
    )


def check_place(model: Any, device: str) -> None:
    """Refuse a hybrid off the GPU where kernels are installed that compute nowhere else.

    Raises:
        ConfigError: If they would be used there.
    """
    found = kernels_here() if state_spaces(model) and not device.startswith("cuda") else {}
    if found:
        raise ConfigError(
            f"{' and '.join(found)} is installed, and transformers would use it for "
            f"{type(model).__name__} on {device!r}, where it does not work. Give device=cuda, or "
            "uninstall it."
        )


def take_hub_kernels(model: Any, device: str) -> None:
    """Have a model on a GPU computed with the kernels of the hub (`use_kernels`).

    Raises:
        ConfigError: If it is on no GPU, or they cannot be had.
        MissingExtraError: If the package `kernels` is not installed.
    """
    if not device.startswith("cuda"):
        raise ConfigError(f"use_kernels needs a GPU, and the generator is on {device!r}.")
    require("kernels", "mamba")
    try:
        model.set_use_kernels(True)
    except Exception as error:  # of any kind: a download, a build for another GPU
        raise ConfigError(
            f"The hub's kernels could not be had ({type(error).__name__}: {error!s:.200}). Leave "
            "use_kernels out: the plain torch path needs none."
        ) from error
