"""Your own training loop: an agent class of yours learns by PPO on questions of yours.

`python examples/own_training.py` trains the built-in small policy on three questions for some updates, on a CPU. `hopgym train ppo` does the same with checkpoints, a guard, exams and more; here
every line is yours to change.
"""

from collections.abc import Sequence

from hopgym.agents.llm import LLMAgent, Sampling, TransformersGenerator, token_rollout
from hopgym.agents.llm.loading import load_model
from hopgym.agents.ppo.actor import Actor
from hopgym.agents.ppo.learner import Learner
from hopgym.agents.ppo.samples import samples_of
from hopgym.agents.ppo.settings import LearnSettings
from hopgym.agents.rollout import Job, rollout
from hopgym.agents.tiny.policy import CHECKPOINT
from hopgym.core import Document, Question
from hopgym.envs.datasets.loaded import LoadedQuestions

MENTORS = {"Vel Orm": "Ada Lin", "Ull Mere": "Bo Dun", "Tessa Kem": "Sol Pia"}
SCHOOL = LoadedQuestions(
    "school",
    {
        "train": [
            Question(name, f"Who was the mentor of {name}?", (mentor,), document_ids=(name,))
            for name, mentor in MENTORS.items()
        ]
    },
    [Document(n, n, f"{n} was a painter. {m} taught {n} the trade.") for n, m in MENTORS.items()],
)
ENV_ID = "hopgym/SearchRead-v0"
ENV = {"questions": SCHOOL, "reward": "r3_seed", "max_steps": 3, "top_k": 1}


class Learning(LLMAgent):
    """Plays as any language model does, and can learn from what it played."""

    def __init__(self, folder: str, updates: int) -> None:
        """Load a model, and put a value head on it."""
        model, tokenizer = load_model(folder, dtype="float32", device="cpu")
        super().__init__(TransformersGenerator(model, tokenizer, Sampling(max_new_tokens=48)))
        settings = LearnSettings(lr=3e-4, value_lr=1e-3, kl_coef=0.0, epochs=1)
        self.learner = Learner(Actor(model), settings, updates)

    def improve(self, jobs: Sequence[Job], update: int) -> dict[str, float]:
        """Play some episodes, and make an update of them."""
        played = token_rollout(
            ENV_ID, self.generator, jobs, env_kwargs=ENV, num_envs=24, seed=update
        )
        return self.learner.learn(samples_of(played), update)


if __name__ == "__main__":
    agent = Learning(CHECKPOINT, updates=3)
    jobs = [Job(name, seed) for name in MENTORS for seed in range(8)]
    for update in range(3):
        figures = agent.improve(jobs, update)
        episodes = list(rollout(ENV_ID, agent, jobs, env_kwargs=ENV, num_envs=24, seed=update))
        right = sum(episode.metrics["em"] for episode in episodes)
        print(
            f"update {update}: entropy {figures['entropy']:.2f}, {right:.0f} of {len(jobs)} right"
        )
