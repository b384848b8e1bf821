"""Your own reward: a pure function of the question and the episode so far.

It scores the last step. The terms add up to the value; `hopgym.rewards.base.score_episode` applies
it to stored trajectories. Run it: `python examples/own_reward.py`.
"""

import gymnasium

import hopgym  # noqa: F401  (registers the environments)
from hopgym.core import Question, Score, Trajectory
from hopgym.envs.grammars import make_grammar
from hopgym.rewards import register
from hopgym.rewards.answer import f1


@register("short_and_right", "F1 of the answer, less 0.05 for each query.")
def short_and_right(question: Question, trajectory: Trajectory) -> Score:
    """Pay for the answer, charge for every query."""
    step = trajectory.steps[-1]
    answered = trajectory.outcome == "answered"
    terms = {
        "answer": f1(trajectory.prediction, question.answers) if answered else 0.0,
        "cost": 0.0 - 0.05 * len(step.queries),
    }
    return Score(sum(terms.values()), terms)


if __name__ == "__main__":
    env = gymnasium.make(
        "hopgym/SearchRead-v0", reward="short_and_right", questions="world?entities=300"
    )
    _, info = env.reset(seed=1)
    r3 = make_grammar("r3")
    env.step(r3.write_query(1, "Let me look.", info["question"]))
    *_, info = env.step(r3.write_answer(2, "A guess.", "Tessa"))
    print(info["question"])
    print(info["prediction"], "was given;", info["answers"][0], "is right:", info["reward_terms"])
