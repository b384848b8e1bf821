"""Actions for any environment: sound ones, sound ones that were mutated, and nonsense of every type.

An action that is no text is kept in a case as `{"array": …, "dtype": …}` or by the name of its
type, so that the case can be written as JSON and played again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from ...envs.grammars import Grammar
from ...envs.grammars.dag import DagGrammar
from ...envs.plans import Node
from .texts import Rng, hostile, mutated, pick, repeated

_NO_TEXT: dict[str, Any] = {
    "None": None,
    "int": 7,
    "nan": float("nan"),
    "bytes": b"Step 1:",
    "list": ["Step 1:"],
    "dict": {"action": "x"},
}
"""What may be given where a text is due."""

_DTYPES = ("int8", "int64", "uint64", "float32", "float64", "bool", "complex64", "str", "object")


def next_action(rng: Rng, env: gymnasium.Env[Any, Any], info: Mapping[str, Any]) -> Any:
    """Return an action, as it is noted in a case; `given` makes what the environment gets.

    Args:
        rng: Decides.
        env: Where it is for.
        info: What the environment last said.
    """
    space = env.action_space
    if isinstance(space.sample(), str):
        return _text(rng, env, info)
    return _array(rng, space, info)


def given(noted: Any) -> Any:
    """Return the action that was noted."""
    if not isinstance(noted, dict):
        return noted
    if "other" in noted:
        return _NO_TEXT[noted["other"]]
    return np.array(noted["array"], dtype=noted["dtype"])


def _text(rng: Rng, env: Any, info: Mapping[str, Any]) -> Any:
    chance = rng.random()
    if chance < 0.01:
        return {"other": pick(rng, tuple(_NO_TEXT))}
    if chance < 0.15:
        return hostile(rng)
    grammar = getattr(getattr(env.unwrapped, "stage", None), "grammar", None)
    sound = _sound(rng, grammar, info) if grammar is not None else str(env.action_space.sample())
    return sound if chance < 0.55 else mutated(rng, sound)


def _sound(rng: Rng, grammar: Grammar, info: Mapping[str, Any]) -> str:
    """Return an action as the grammar writes it, mostly of a kind that the turn takes."""
    turn, said = int(info.get("turn", 1)), _said(rng, info)
    thought = _said(rng, info) if rng.random() < 0.5 else "I think."
    if "select_mode" in info:
        return _selection(rng, grammar, info, thought)
    phase = info.get("phase", "either")
    last = int(info.get("remaining", 2)) <= 1
    if phase == "answer" or (phase == "either" and (last or rng.random() < 0.25)):
        return grammar.write_answer(turn, thought, said)
    if isinstance(grammar, DagGrammar):
        return _plan(rng, grammar, info, thought)
    return grammar.write_query(turn, thought, said)


def _said(rng: Rng, info: Mapping[str, Any]) -> str:
    words = str(info.get("question", "who is it")).split() or ["who"]
    start = int(rng.random() * len(words))
    plain = " ".join(words[start : start + 1 + int(rng.random() * 5)])
    return plain if rng.random() < 0.6 else hostile(rng, 6)


def _selection(rng: Rng, grammar: Any, info: Mapping[str, Any], thought: str) -> str:
    if rng.random() < 0.25 and info["select_mode"] == "sequential":
        return str(grammar.write_stop(thought))
    facts = int(info.get("facts", 1)) + 2  # some that are not on offer
    numbers = [int(rng.random() * facts) for _ in range(1 + int(rng.random() * 4))]
    return str(grammar.write_selection(sorted(set(numbers)), thought))


def _plan(rng: Rng, grammar: DagGrammar, info: Mapping[str, Any], thought: str) -> str:
    labels = "ABCDEFGH"[: 1 + int(rng.random() * min(grammar.max_nodes, 8))]
    nodes = [Node(label, _said(rng, info), pick(rng, grammar.tools)) for label in labels]
    pairs = [(a, b) for a in labels for b in labels if a < b and rng.random() < 0.3]
    if len(nodes) > 1 and rng.random() < 0.5:
        nodes[-1] = nodes[-1]._replace(query=f"birthplace of {{{pick(rng, labels[:-1])}}}")
    return grammar.write_plan(thought, nodes, pairs)


def _array(rng: Rng, space: gymnasium.Space[Any], info: Mapping[str, Any]) -> Any:
    chance = rng.random()
    sample = np.asarray(space.sample())
    if chance < 0.5:
        return _noted(_masked(rng, sample, info))
    if chance < 0.6:
        return {"other": pick(rng, tuple(_NO_TEXT))}
    if chance < 0.7:
        return repeated(rng, "1") if rng.random() < 0.1 else hostile(rng, 3)
    return _noted(_bent(rng, sample))


def _masked(rng: Rng, sample: Any, info: Mapping[str, Any]) -> Any:
    """Return the sample, or a number that the mask allows."""
    mask = info.get("action_mask")
    if mask is None or sample.ndim or rng.random() < 0.3:
        return sample
    allowed = np.flatnonzero(mask)
    return np.int64(pick(rng, allowed.tolist())) if len(allowed) else sample


def _bent(rng: Rng, sample: Any) -> Any:
    """Return an array of another type, shape or range."""
    kind = int(rng.random() * 5)
    if kind == 0:
        with np.errstate(all="ignore"):
            return sample.astype(pick(rng, _DTYPES))
    if kind == 1:
        return sample[None] if rng.random() < 0.5 else np.stack([sample, sample])
    if kind == 2:
        return sample.ravel()[: int(rng.random() * (sample.size + 1))]
    if kind == 3:
        wide = sample.astype(np.int64)
        return wide + pick(rng, (-(2**40), -1, 1, 2, 256, 2**40))
    with np.errstate(all="ignore"):
        return sample * pick(rng, (float("nan"), float("inf"), -0.0, 0.5, 1.0))


def _noted(array: Any) -> dict[str, Any]:
    plain = np.asarray(array)
    if plain.dtype.kind == "c":
        return {"array": plain.astype(str).tolist(), "dtype": "complex64"}
    return {
        "array": plain.tolist(),
        "dtype": "str" if plain.dtype.kind == "U" else plain.dtype.name,
    }
