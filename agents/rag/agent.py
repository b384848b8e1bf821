"""`rag`: asks the question itself and answers from what is shown. A folder's path is a name for it.

Where documents are shown before its first turn, as in `hopgym/RAG-v0`, it answers at once. Which of
them is likely, its own encoders say: the environment's ranking counts for nothing but for which
documents are there. Its encoders are a retriever too (see `hopgym.agents.rag.saving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...core import Document
from ...errors import require
from ..base import Info
from ..games import DOCUMENTS
from ..transcript import Transcript
from .saving import read_shape

if TYPE_CHECKING:
    from .model import RagModel


class RagAgent:
    """A trained RAG. All episodes of a call are answered together.

    Args:
        model: Its encoders and its generator.
        name: What it is called.
        beams: How many beginnings of an answer are followed; 1 is greedy.
        batch_size: How many questions are answered at once.
    """

    plays: ClassVar[str] = DOCUMENTS

    def __init__(
        self, model: RagModel, name: str = "rag", *, beams: int = 1, batch_size: int = 32
    ) -> None:
        self.model, self.name = model, name
        self._beams, self._batch_size = beams, batch_size

    def reset(self, seed: int | None = None) -> None:
        """Nothing to forget, and nothing is drawn."""

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Search where nothing is shown yet, and answer elsewhere."""
        views = [Transcript(o, info) for o, info in zip(observations, infos, strict=True)]
        actions: list[Any] = [None if _is_ready(view) else _search(view) for view in views]
        ready = [place for place, action in enumerate(actions) if action is None]
        answers = self.answers([views[place] for place in ready])
        for place, answer in zip(ready, answers, strict=True):
            actions[place] = views[place].answer("The passages say:", answer)
        return actions

    def answers(self, views: Sequence[Transcript]) -> list[str]:
        """Return what the model answers to episodes, from the documents that they show."""
        questions = [view.question for view in views]
        shown = [[Document("", *each) for each in view.documents] for view in views]
        made = self.model.answer(
            questions,
            self._likely(questions, shown),
            beams=self._beams,
            batch_size=self._batch_size,
        )
        return [answer.text for answer in made]

    def _likely(
        self, questions: Sequence[str], shown: Sequence[list[Document]]
    ) -> list[list[Document]]:
        """Return the documents of each that are read: the likeliest, where more are shown."""
        most = self.model.n_docs
        kept = [list(row) for row in shown]
        for place in (place for place, row in enumerate(shown) if len(row) > most):
            vectors = self.model.towers.encode_questions([questions[place]])
            products = vectors @ self.model.towers.encode_passages(shown[place]).T
            best = (-products[0]).argsort(kind="stable")[:most]
            kept[place] = [shown[place][n] for n in best.tolist()]
        return kept


def rag_agent(
    *,
    model: str,
    name: str | None = None,
    device: str = "auto",
    beams: int = 1,
    batch_size: int = 32,
    precision: Literal["float32", "bfloat16", "int8"] = "float32",
) -> RagAgent:
    """Return the agent of a folder that `hopgym train rag` wrote.

    Args:
        model: The folder.
        name: What to call it; the folder's name, usually.
        device: Where it is computed.
        beams: How many beginnings of an answer are followed; 1 is greedy.
        batch_size: How many questions are answered at once.
        precision: float32, bfloat16, or int8 on a CPU.

    Raises:
        MissingExtraError: If a library is not installed.
        ConfigError: If the folder holds no RAG, or the precision does not go with the device.
    """
    require("torch", "llm")
    require("transformers", "llm")
    read_shape(Path(model))
    from ..drag.parts import device_of
    from .precision import for_inference
    from .saving import load_rag

    made = for_inference(load_rag(model, device_of(device)), precision)
    called = name or Path(model).resolve().name
    return RagAgent(made, called, beams=beams, batch_size=batch_size)


def _is_ready(view: Transcript) -> bool:
    """Tell whether an episode is to be answered: something is shown, or nothing more can be."""
    if not view.may_answer:
        return False
    return bool(view.documents or view.queries) or not view.may_search


def _search(view: Transcript) -> str:
    return view.ask("I search for the question itself.", view.question)
