import gymnasium
import pytest

from hopgym.agents import make_agent
from hopgym.agents.dialogue import GO_ON, action, dialogue, opening, reply
from hopgym.agents.expert.rows import step_rows

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def test_an_empty_reply_says_something():
    assert reply("\n\n")["content"] == GO_ON


def test_the_rules_come_first_unless_unwanted():
    info = {"grammar": "search_r1", "question": "Who?"}
    system, user = opening("Question: Who?\n", info)
    assert "<search>" in system["content"] and user["content"] == "Question: Who?"
    assert opening("Question: Who?\n", info, system=False) == [user]
    assert opening("A board.", {})[0]["role"] == "user"


@pytest.mark.parametrize(
    ("name", "agent"), [("SearchRead", "iterative"), ("DagSearch", "planner"), ("RAG", "oracle")]
)
def test_a_stored_episode_reads_as_it_was_played(name, agent):
    """Turn by turn from the environment, and afterwards from the trajectory: the same messages."""
    env = gymnasium.make(
        f"hopgym/{name}-v0", questions=WORLD, split="test", disable_env_checker=True
    )
    agent = make_agent(agent)
    agent.reset(0)
    if hasattr(agent, "bind"):
        agent.bind(env)
    seen = 0
    for index in range(6):
        observation, info = env.reset(seed=index, options={"index": index})
        messages, over = opening(observation, info), False
        told = {
            k: info[k] for k in ("grammar", "tools", "max_nodes", "max_query_words") if k in info
        }
        while not over:
            (said,) = agent.act([observation], [info])
            observation, _, terminated, truncated, info = env.step(said)
            over = terminated or truncated
            messages.append(action(said))
            if not over:
                messages.append(reply(info["new_text"]))
        if info["trajectory"].outcome == "answered":
            seen += 1
            rows = step_rows(info["trajectory"], env.unwrapped.question, told)
            assert dialogue(rows) == messages
    assert seen > 3
