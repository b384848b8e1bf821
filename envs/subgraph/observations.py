"""What is seen of a graph, in arrays: as a graph of its own size, or padded to one size for all.

Both show the same: who is joined to whom, each relation's number, where the topics are, what words
match the question, and what is selected already. No gold.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import GraphInstance

from .case import Case
from .features import EDGE_FEATURES, NODE_FEATURES
from .game import Game
from .stage import SubgraphStage

Observed = dict[str, Any]
Wide = tuple[tuple[int, ...], Any]


def single_space(stage: SubgraphStage) -> spaces.Dict:
    """Return the space of one observation, `"graph"` or `"padded"`."""
    settings = stage.settings
    facts, nodes = settings.top_k, 2 * settings.top_k
    shared: dict[str, spaces.Space[Any]] = {
        "selected": spaces.MultiBinary(facts),
        "question": spaces.Box(-1.0, 1.0, (stage.encoder.dim,), np.float32),
        "step": spaces.Box(0.0, 1.0, (1,), np.float32),
    }
    if settings.observation == "graph":
        low = np.array([0.0] + [-1.0] * EDGE_FEATURES, dtype=np.float32)
        high = np.array([settings.relation_ids] + [1.0] * EDGE_FEATURES, dtype=np.float32)
        node = spaces.Box(0.0, 1.0, (NODE_FEATURES,), np.float32)
        return spaces.Dict({"graph": spaces.Graph(node, spaces.Box(low, high)), **shared})
    return spaces.Dict(
        {
            "edge_index": spaces.Box(0, nodes - 1, (2, facts), np.int32),
            "edge_type": spaces.Box(0, settings.relation_ids - 1, (facts,), np.int32),
            "edge_feat": spaces.Box(-1.0, 1.0, (facts, EDGE_FEATURES), np.float32),
            "edge_mask": spaces.MultiBinary(facts),
            "node_feat": spaces.Box(0.0, 1.0, (nodes, NODE_FEATURES), np.float32),
            "node_mask": spaces.MultiBinary(nodes),
            **shared,
        }
    )


def action_space(stage: SubgraphStage) -> spaces.Space[Any]:
    """Return `MultiBinary(facts)`, or `Discrete(facts + 1)` of which the last is STOP."""
    facts = stage.settings.top_k
    if stage.settings.mode == "one_shot":
        return spaces.MultiBinary(facts)
    return spaces.Discrete(facts + 1)


class Observer(ABC):
    """Shows the lanes of a game. What does not change in an episode is put in place once."""

    def __init__(self, game: Game, lanes: int) -> None:
        self.game = game
        self.question = np.zeros((lanes, game.stage.encoder.dim), dtype=np.float32)

    def load(self, lane: int, case: Case) -> None:
        """Take up the question that a lane begins."""
        self.question[lane] = case.vector

    def batch(self) -> Observed:
        """Return the observations of all lanes, as Gymnasium batches them."""
        board = self.game.board
        return {
            **self._static(),
            "selected": board.selected.view(np.int8).copy(),
            "question": self.question.copy(),
            "step": self._shares(board.steps)[:, None],
        }

    def one(self, lane: int) -> Observed:
        """Return the observation of a lane."""
        board = self.game.board
        return {
            **self._static_of(lane),
            "selected": board.selected[lane].view(np.int8).copy(),
            "question": self.question[lane].copy(),
            "step": self._shares(board.steps[lane : lane + 1]),
        }

    def _shares(self, steps: Any) -> Any:
        return (steps / self.game.max_steps).astype(np.float32)

    @abstractmethod
    def _static(self) -> Observed:
        """Return what does not change in an episode, of all lanes."""

    @abstractmethod
    def _static_of(self, lane: int) -> Observed:
        """Return the same of one lane."""


class GraphObserver(Observer):
    """Graphs of their own size.

    In a batch they are the cases' own, which cannot be written to: copied at every step, they would
    cost more than all the rest of it. A single observation has a copy.
    """

    def _static(self) -> Observed:
        return {"graph": tuple([case.graph for case in self.game.cases if case is not None])}

    def _static_of(self, lane: int) -> Observed:
        copies = [np.array(part) for part in self.game.case(lane).graph]
        return {"graph": GraphInstance(*copies)}


class PaddedObserver(Observer):
    """Arrays of one size."""

    def __init__(self, game: Game, lanes: int) -> None:
        super().__init__(game, lanes)
        facts = game.stage.settings.top_k
        nodes = 2 * facts
        wide: dict[str, Wide] = {
            "edge_index": ((2, facts), np.int32),
            "edge_type": ((facts,), np.int32),
            "edge_feat": ((facts, EDGE_FEATURES), np.float32),
            "edge_mask": ((facts,), np.int8),
            "node_feat": ((nodes, NODE_FEATURES), np.float32),
            "node_mask": ((nodes,), np.int8),
        }
        self._arrays = {name: np.zeros((lanes, *s), dtype) for name, (s, dtype) in wide.items()}

    def load(self, lane: int, case: Case) -> None:
        """Take up a question; what is left of the last one is wiped."""
        super().load(lane, case)
        facts, nodes = case.num_facts, len(case.names)
        arrays = self._arrays
        for side, ends in enumerate((case.heads, case.tails)):
            arrays["edge_index"][lane, side, :facts] = ends
            arrays["edge_index"][lane, side, facts:] = 0
        for name, size, values in (
            ("edge_type", facts, case.types),
            ("edge_feat", facts, case.edge_features),
            ("edge_mask", facts, 1),
            ("node_feat", nodes, case.node_features),
            ("node_mask", nodes, 1),
        ):
            arrays[name][lane, :size] = values
            arrays[name][lane, size:] = 0

    def _static(self) -> Observed:
        return {name: array.copy() for name, array in self._arrays.items()}

    def _static_of(self, lane: int) -> Observed:
        return {name: array[lane].copy() for name, array in self._arrays.items()}


def make_observer(game: Game, lanes: int) -> Observer:
    """Return the observer that the settings ask for."""
    padded = game.stage.settings.observation == "padded"
    return (PaddedObserver if padded else GraphObserver)(game, lanes)
