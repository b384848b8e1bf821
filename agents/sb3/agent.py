"""`sb3`: plays by a policy that `hopgym train sb3` trained. It sees padded observations and graphs.

A folder's path is a name for it: `make_agent("runs/mine")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...errors import AgentError, ConfigError
from ..base import Info
from ..games import FACTS
from .extras import check_extras
from .padding import as_padded

if TYPE_CHECKING:
    from .shape import Shape

_REMAKE = "Make the environment with observation='graph' or 'padded' (--set observation=graph)."


class SB3Agent:
    """A trained policy as an agent: the likeliest action of those allowed.

    Args:
        shape: What the policy is made of.
        load: Puts the weights into a policy of that shape.
        name: What it is called.
        device: Where it is computed.
    """

    plays: ClassVar[str] = FACTS

    def __init__(self, shape: Shape, load: Any, name: str = "sb3", device: str = "cpu") -> None:
        self.shape = shape
        self.name = name
        self._load = load
        self._device = device
        self._policies: dict[int, Any] = {}

    def reset(self, seed: int | None = None) -> None:
        """It remembers nothing."""

    def bind(self, env: Any) -> None:
        """Refuse an environment that the policy was not trained for.

        Raises:
            AgentError: If it shows or asks for something else; the message says what to change.
        """
        stage = getattr(env.unwrapped, "stage", None)
        settings = getattr(stage, "settings", None)
        if settings is None:
            return  # a user's own environment: the observations are looked at
        shape, form = self.shape, getattr(settings, "observation", "text")
        if form == "text":
            raise AgentError(
                f"{self.name} plays arrays, and this environment shows {form!r}. {_REMAKE}"
            )
        encoder = getattr(getattr(stage, "encoder", None), "fingerprint", "")
        for name, same in (
            ("mode", settings.mode == shape.mode),
            ("relation_ids", settings.relation_ids == shape.relation_ids),
            ("encoder", encoder == shape.encoder_fingerprint),
        ):
            if not same:
                raise AgentError(
                    f"{self.name} was trained with {name}={getattr(shape, name)!r}, and this "
                    f"environment has {getattr(settings, name)!r}: what it sees and does would "
                    f"mean something else. Make it with {name}={getattr(shape, name)!r} "
                    f"(--set {name}={getattr(shape, name)})."
                )

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return an action for each observation: a slot or STOP, or zeros and ones.

        Raises:
            AgentError: If an observation is no padded one, or has other sizes than it knows.
        """
        if not observations:
            return []
        padded = [as_padded(observation) for observation in observations]
        self._check(padded[0])
        batch = {
            name: np.stack([each[name] for each in padded]).astype(np.float32) for name in padded[0]
        }
        policy = self._policy({name: array.shape[1:] for name, array in batch.items()})
        masks = {"action_masks": _masks(infos)} if self.shape.masked else {}
        actions, _ = policy.predict(batch, deterministic=True, **masks)
        if self.shape.mode == "one_shot":
            return list(np.asarray(actions, dtype=np.int8))
        return [int(action) for action in actions]

    def _check(self, seen: Any) -> None:
        if not isinstance(seen, Mapping) or "edge_index" not in seen:
            raise AgentError(
                f"{self.name} plays graphs, or padded arrays; it was shown neither "
                f"({type(seen).__name__}). {_REMAKE}"
            )
        shape, slots, most = self.shape, len(seen["edge_type"]), int(np.max(seen["edge_type"]))
        known = (shape.dim, shape.edge_features, shape.node_features)
        shown = (len(seen["question"]), *(np.shape(seen[n])[1] for n in ("edge_feat", "node_feat")))
        if known != shown:
            raise AgentError(
                f"{self.name} was trained with {_sizes(known)}; it was shown {_sizes(shown)}. Give "
                f"the environment the encoder {shape.encoder!r}, or train a new policy."
            )
        if most >= shape.relation_ids:
            raise AgentError(
                f"{self.name} was trained with relation_ids={shape.relation_ids}, and was shown the "
                f"relation {most}. Make the environment with relation_ids={shape.relation_ids}."
            )
        if shape.head == "stock" and slots != shape.top_k:
            raise AgentError(
                f"A policy with the stock head knows {shape.top_k} slots and no other number; it "
                f"was shown {slots}. Make the environment with top_k={shape.top_k}."
            )

    def _policy(self, sizes: dict[str, tuple[int, ...]]) -> Any:
        """Return the policy for so many slots: the pointer's weights serve any number."""
        slots = sizes["edge_type"][0]
        if slots not in self._policies:
            policy = self.shape.make(sizes)
            self._load(policy)
            self._policies[slots] = policy.to(self._device)
        return self._policies[slots]

    def __repr__(self) -> str:
        return f"SB3Agent({self.shape.head}, {self.shape.algorithm}, {self.shape.mode})"


def sb3_agent(
    *, model: str | None = None, name: str | None = None, device: str = "cpu"
) -> SB3Agent:
    """Return the agent of a folder that `hopgym train sb3` wrote.

    Args:
        model: The folder.
        name: What to call it; the folder's name, usually.
        device: Where it is computed, such as `"cpu"` or `"cuda"`.

    Raises:
        ConfigError: If no folder is given.
        MissingExtraError: If a library is not installed.
        DataError: If the folder holds no such policy.
    """
    if model is None:
        raise ConfigError(
            "The agent 'sb3' needs a policy: write 'sb3?model=FOLDER', with a folder that "
            "`hopgym train sb3` wrote."
        )
    check_extras()
    from .saving import WEIGHTS, load_weights, read_shape

    folder, label = Path(model), name or Path(model).resolve().name
    agent = SB3Agent(read_shape(folder), lambda p: load_weights(p, folder / WEIGHTS), label, device)
    if not (folder / WEIGHTS).is_file():
        load_weights(None, folder / WEIGHTS)  # told now, and not at the first question
    return agent


def _sizes(sizes: Sequence[int]) -> str:
    return "{} numbers for a question, {} for a fact and {} for an entity".format(*sizes)


def _masks(infos: Sequence[Info]) -> Any:
    if any("action_mask" not in info for info in infos):
        raise AgentError(
            "This policy needs to be told which actions are allowed: the environment's infos have "
            "no 'action_mask'."
        )
    return np.stack([info["action_mask"] for info in infos])
