"""`tiny`: the small built-in policy, a language model of a megabyte or two that plays as any other.

It reads the transcript as it stands and writes the next step, greedily. It was trained on worlds of
one and two hops in the grammar `r3` and knows nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from ...errors import ConfigError, require
from ..base import Info
from ..llm.agent import LLMAgent, llm_agent
from ..llm.generator import LateGenerator
from ..llm.quiet import quiet
from ..llm.sampling import Sampling
from ..llm.transformers_generator import TransformersGenerator

CHECKPOINT = Path(__file__).parent / "checkpoint"
"""The folder of the built-in one."""
MAX_NEW_TOKENS = 128
"""The teacher's longest turns have about 90."""


class TinyAgent(LLMAgent):
    """Plays with a small policy, in the one grammar that it knows."""

    grammars: ClassVar[tuple[str, ...]] = ("r3",)

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return the policy's action for each observation, in one batch.

        Raises:
            ConfigError: If the environment is played in another grammar.
        """
        for grammar in {str(info.get("grammar", "r3")) for info in infos}:
            if grammar not in self.grammars:
                raise ConfigError(
                    f"The agent {self.name!r} knows the grammar 'r3' alone, and this environment "
                    f"is played in {grammar!r}. Let it play hopgym/SearchRead-v0 as that is."
                )
        with quiet(), _one_thread():  # it would tell of kernels that are no gain at this size
            return super().act(observations, infos)


def tiny_agent(
    *,
    model: str | None = None,
    temperature: float = 0.0,
    batch_size: int | None = None,
    device: str | None = None,
    name: str | None = None,
) -> TinyAgent:
    """Make the small policy.

    Args:
        model: A folder that `hopgym train tiny` wrote; the built-in one if None.
        temperature: 0 takes the likeliest token.
        batch_size: Episodes at once, at most.
        device: Where, such as `cpu` or `cuda:1`; the best there is, usually.
        name: What tables call it; `tiny`, or the folder's name where one is given.

    Raises:
        ConfigError: If there is no such folder.
        MissingExtraError: If the libraries are not installed: now, and not when it is to play.
    """
    for library in ("torch", "transformers"):
        if find_spec(library) is None:  # importing them takes seconds
            require(library, "llm")
    folder = CHECKPOINT if model is None else Path(model)
    if not folder.is_dir():
        raise ConfigError(
            f"The small policy has no folder {str(folder)!r}. Train one: "
            "hopgym train tiny --output_dir FOLDER, and then write tiny?model=FOLDER."
        )
    made = llm_agent(
        model=str(folder),
        temperature=temperature,
        batch_size=batch_size,
        max_new_tokens=MAX_NEW_TOKENS,
        dtype="float32",
        device=device,
        name=name or ("tiny" if model is None else None),
    )
    return TinyAgent(
        made.generator, made.prompts, name=made.name, fingerprint=lambda: made.fingerprint
    )


def playing(model: Any, tokenizer: Any) -> TinyAgent:
    """Return the agent of a model in memory, such as one in training."""
    sampling = Sampling(temperature=0.0, max_new_tokens=MAX_NEW_TOKENS)
    return TinyAgent(
        LateGenerator(lambda: TransformersGenerator(model, tokenizer, sampling)), name="tiny"
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Use one processor core, and leave the user's own setting as it was.

    More are little gain at this size, and where the cores are busy they wait for each other. So
    what is written does not depend on the number of cores, either.
    """
    torch = require("torch", "llm")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
