"""A small stand-in for KGSubgraph in its padded form: two hops, by relations that a question names.

A topic has facts of many relations; so has what they lead to. The question is the sum of two
vectors, one for each hop's relation, and the facts stand in slots by chance.
"""

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

RELATIONS, FACTS, SLOTS, DIM = 6, 12, 14, 16
COST = 0.01


def toy_spaces(mode="sequential", slots=SLOTS):
    box, nodes = spaces.Box, 2 * slots
    high = np.iinfo(np.int32).max
    observations = spaces.Dict(
        edge_index=box(0, nodes, (2, slots), np.int32),
        edge_type=box(0, high, (slots,), np.int32),
        edge_feat=box(-1, 1, (slots, 1), np.float32),
        edge_mask=box(0, 1, (slots,), np.int8),
        selected=box(0, 1, (slots,), np.int8),
        node_feat=box(0, 1, (nodes, 10), np.float32),
        node_mask=box(0, 1, (nodes,), np.int8),
        question=box(-10, 10, (DIM,), np.float32),
        step=box(0, 1, (1,), np.float32),
    )
    actions = spaces.Discrete(slots + 1) if mode == "sequential" else spaces.MultiBinary(slots)
    return observations, actions


class ToyBoard(gymnasium.Env):
    """The gold is a path of two facts. STOP pays the F1 of what is selected, and the way is shaped."""

    render_mode = None

    def __init__(self, mode="sequential", slots=SLOTS, max_steps=6):
        self.mode, self.slots, self.max_steps = mode, slots, max_steps
        self.observation_space, self.action_space = toy_spaces(mode, slots)
        self.words = np.random.default_rng(5).normal(size=(2, RELATIONS, DIM)) / 4

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        rng = self.np_random
        firsts = rng.permutation(RELATIONS)[:3]
        path = [firsts[0], 0]
        rows = [(0, relation, hop + 1) for hop, relation in enumerate(firsts)]
        for hop in range(3):
            seconds = rng.permutation(RELATIONS)[:3]
            path[1] = seconds[0] if hop == 0 else path[1]
            rows += [(hop + 1, relation, 4 + 3 * hop + at) for at, relation in enumerate(seconds)]
        order = rng.permutation(FACTS)
        self.facts = np.array(rows)[order]
        self.gold = np.isin(order, [0, 3])
        self.question = self.words[0, path[0]] + self.words[1, path[1]]
        self.chosen, self.steps = np.zeros(self.slots, bool), 0
        return self._observe(), self._info()

    def step(self, action):
        before, self.steps = self._f1(), self.steps + 1
        if self.mode == "one_shot":
            self.chosen = np.asarray(action, bool) & (np.arange(self.slots) < FACTS)
            return self._observe(), float(self._f1() - COST * self.chosen.sum()), True, False, {}
        if action == self.slots:
            return self._observe(), float(before / 2), True, False, self._info()
        new = action < FACTS and not self.chosen[action]
        if new:
            self.chosen[action] = True
        reward = (self._f1() - before) / 2 - COST * new  # a potential: stopping gives it back
        return self._observe(), float(reward), False, self.steps >= self.max_steps, self._info()

    def action_masks(self):
        free = (np.arange(self.slots) < FACTS) & ~self.chosen
        if self.mode == "sequential":
            return np.append(free, True)
        return np.stack([np.ones(self.slots, bool), free], 1).reshape(-1)

    def _f1(self):
        chosen = self.chosen[:FACTS]
        return 2 * (chosen & self.gold).sum() / (chosen.sum() + 2)

    def _info(self):
        return {"action_mask": self.action_masks()}

    def _observe(self):
        space = self.observation_space
        seen = {name: np.zeros(each.shape, each.dtype) for name, each in space.items()}
        seen["edge_index"][:, :FACTS] = self.facts[:, [0, 2]].T
        seen["edge_type"][:FACTS] = 1 + self.facts[:, 1]
        seen["edge_mask"][:FACTS] = 1
        seen["selected"][:] = self.chosen
        seen["node_mask"][:13] = 1
        seen["node_feat"][:13, 1] = 1
        seen["node_feat"][0, :2] = (1, 0)
        seen["question"][:] = self.question
        seen["step"][:] = self.steps / self.max_steps
        return seen


class ToyBoards(SyncVectorEnv):
    """Many, as a native vector environment."""

    render_mode = None

    def __init__(self, num_envs=8, **keywords):
        makers = [lambda: ToyBoard(**keywords) for _ in range(num_envs)]
        super().__init__(makers, autoreset_mode=AutoresetMode.SAME_STEP)

    def action_masks(self):
        return np.stack([env.action_masks() for env in self.envs])


WORLD = "world?entities=300&train=30&dev=8&test=8&hops=2"


def settings(folder, **changes):
    """A run of a few small updates in the real environment."""
    from hopgym.agents.sb3.settings import SB3Settings

    given = {
        "output_dir": str(folder / "out"),
        "questions": WORLD,
        "env_set": ("max_steps=4", "encoder=hashing?dim=32", "relation_ids=64"),
        "top_k": 16,
        "num_envs": 4,
        "n_steps": 8,
        "batch_size": 16,
        "n_epochs": 1,
        "width": 8,
        "layers": 1,
        "total_timesteps": 64,
        "eval_every": 32,
        "eval_episodes": 8,
        "lr_scheduler": "constant",
    }
    return SB3Settings(**{**given, **changes})


def shape(**changes):
    """The shape of a policy for the toys."""
    from hopgym.agents.sb3.shape import Shape

    given = {
        "head": "pointer", "algorithm": "maskable_ppo", "mode": "sequential", "top_k": SLOTS,
        "dim": DIM, "edge_features": 1, "node_features": 10, "relation_ids": 8, "width": 16, "layers": 2, "encoder": "hashing",
        "encoder_fingerprint": "",
    }  # fmt: skip
    return Shape(**{**given, **changes})


def sizes(slots=SLOTS):
    return {name: space.shape for name, space in toy_spaces(slots=slots)[0].items()}


def boards(count, mode="sequential", slots=SLOTS, chosen=()):
    """Observations and infos of episodes, with some facts selected."""
    seen, told = [], []
    for seed in range(count):
        env = ToyBoard(mode=mode, slots=slots)
        env.reset(seed=seed)
        env.chosen[list(chosen)] = True
        seen.append(env._observe())
        told.append(env._info())
    return seen, told


def batch(observations):
    """Observations as SB3 hands them to an extractor."""
    import torch

    return {
        name: torch.as_tensor(np.stack([one[name] for one in observations]).astype(np.float32))
        for name in observations[0]
    }
