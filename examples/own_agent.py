"""Your own agent: a function from the observation to an action, and it is on the leaderboard.

`python examples/own_agent.py` plays it here. Onto the leaderboard of `make leaderboard`:

    hopgym bench --suite quick --agents examples/own_agent.py:first_title --out results/quick
    hopgym leaderboard results/quick
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hopgym.agents import register
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions
from hopgym.envs.grammars import make_grammar

R3 = make_grammar("r3")


def first_title(observation: str) -> str:
    """Search once with the question, then answer with the title of the best document."""
    found = R3.read_documents(observation)
    if not found:
        question = observation.partition("The question: ")[2]
        return R3.write_query(1, "I search for the question itself.", question)
    title, _ = found[0]
    turn = observation.count("\nStep ") + 1
    return R3.write_answer(turn, f"The best document is about {title}.", title)


first_title.grammars = ("r3",)  # type: ignore[attr-defined]


class Patient:
    """The same as a class: one call of `act` serves a whole batch of episodes."""

    name = "patient"
    grammars = ("r3",)  # what it writes; bench leaves it out of what is played otherwise

    def reset(self, seed: int | None = None) -> None:
        """Forget everything; called once before a run."""

    def act(self, observations: Sequence[str], infos: Sequence[Mapping[str, Any]]) -> list[str]:
        """Search until a single turn is left, then answer."""
        return [
            first_title(observation)
            if info["remaining"] == 1
            else R3.write_query(info["turn"], "I look again.", info["question"])
            for observation, info in zip(observations, infos, strict=True)
        ]


register("first_title", "Answers with the title of the best document.", lambda: first_title)

if __name__ == "__main__":
    world = "world?entities=300&hops=1-2"
    questions = make_questions(world).questions("dev")[:50]
    jobs = [Job(question.id, seed=0) for question in questions]
    env_kwargs = {"questions": world, "split": "dev"}
    for agent in ("first_title", Patient):
        episodes = list(rollout("hopgym/SearchRead-v0", agent, jobs, env_kwargs=env_kwargs))
        right = sum(episode.metrics["em"] for episode in episodes)
        print(f"{agent}: {right:.0f} of {len(episodes)} right")
