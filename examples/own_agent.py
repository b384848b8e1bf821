"""Your own agent: a function from the observation to an action, and it is on the leaderboard.

Run it: `python examples/own_agent.py`, or by name from anywhere:
`hopgym bench --envs hopgym/SearchRead-v0 --agents examples/own_agent.py:first_title --out results/own`
"""

from hopgym.agents import make_agent, register
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
    return R3.write_answer(2, f"The best document is about {title}.", title)


register("first_title", "Answers with the title of the best document.", lambda: first_title)

if __name__ == "__main__":
    world = "world?entities=300&hops=1-2"
    questions = make_questions(world).questions("dev")[:50]
    jobs = [Job(question.id, seed=0) for question in questions]
    env_kwargs = {"questions": world, "split": "dev"}
    agent = make_agent("first_title")
    episodes = list(rollout("hopgym/SearchRead-v0", agent, jobs, env_kwargs=env_kwargs))
    right = sum(episode.metrics["em"] for episode in episodes)
    print(f"{agent.name}: {right:.0f} of {len(episodes)} right")
