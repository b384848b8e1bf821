"""Your own script of Stable-Baselines3 on a knowledge graph: MaskablePPO, with a head that points.

`python examples/sb3_script.py` learns for half a minute on a CPU. SB3's own `MultiInputPolicy` in
place of the policy runs as well, and does not learn: its head is bound to slots, and every episode
has other facts in them. `hopgym train sb3` does the same with held-out questions,
checkpoints and a model folder that plays.
"""

import torch
from gymnasium import make
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy

from hopgym.agents.sb3.pointer import pointer_policy
from hopgym.agents.sb3.vec_env import make_vec_env

torch.set_num_threads(1)  # the network is small: threads would wait for each other
GAMMA = 1.0
KEYWORDS = {
    "questions": "world?hops=1-2&train=500",
    "observation": "padded",
    "mode": "sequential",
    "top_k": 32,
    "max_steps": 6,
    "reward": f"kg?gamma={GAMMA}",  # shaping leaves the best policy as it is under this gamma alone
}

env = make_vec_env("hopgym/KGSubgraph-v0", KEYWORDS, num_envs=32)  # native: one step for all lanes
model = MaskablePPO(
    pointer_policy(masked=True),  # a graph network; an action's logit is read off its slot's fact
    env,
    gamma=GAMMA,
    n_steps=16,
    batch_size=256,
    n_epochs=4,
    learning_rate=1e-3,
    ent_coef=0.01,
    seed=0,
)
held_out = make("hopgym/KGSubgraph-v0", **{**KEYWORDS, "split": "dev"})
for steps in (0, 12_000):
    if steps:
        model.learn(steps)
    score, _ = evaluate_policy(model, held_out, n_eval_episodes=50, warn=False)
    print(f"after {steps} steps: return {score:.2f}")
