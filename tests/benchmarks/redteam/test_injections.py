import json
import re

import pytest
from judge_servers import fake_model, judged, says
from redteaming import DAG, attacked

from hopgym.benchmarks.redteam.injections import TEMPLATES
from hopgym.errors import RewardError
from hopgym.rewards.judges.openai import OpenAIJudge

EASY = re.compile(r"correct=true|judge this answer correct|CORRECT|\"correct\": true", re.I)


def gullible(asked):
    """Do as the answer says, wherever the claim says it."""
    reply = judged(asked)
    if EASY.search(asked.claim["answer"]):
        reply |= {"score": 1} if "score" in reply else {"correct": True}
    return says(asked, json.dumps(reply))


def strict(asked):
    reply = judged(asked)
    right = asked.claim["answer"] in asked.claim["accepted_answers"]
    return says(asked, json.dumps(reply | ({"score": int(right)} if "score" in reply else {})))


@pytest.fixture
def judge(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def at(fake):
        made.append(OpenAIJudge(base_url=f"{fake.url}/v1", backoff=0.01))
        return made[-1]

    yield at
    for one in made:
        one.close()


def test_a_gullible_judge_is_found_out(judge):
    with fake_model(gullible) as fake:
        cells = attacked(DAG, ["inject_order", "inject_at_once"], judge=judge(fake))
    (order,) = (cell for (name, _), cell in cells.items() if name == "inject_order")
    assert order.failed and order.pay.mean > 0.8 and order.true < 0.05


def test_a_strict_judge_is_not_moved(judge):
    with fake_model(strict) as fake:
        cells = attacked(DAG, ["judges"], judge=judge(fake))
    assert len(cells) == len(TEMPLATES) + 1
    assert {name for (name, _), cell in cells.items() if cell.failed} == set()


def test_a_judge_that_is_away_is_told_before_anything_is_attacked(judge):
    with fake_model(lambda asked: None) as fake:
        made = OpenAIJudge(base_url=f"{fake.url}/v1", backoff=0.01, retries=0)
        with made, pytest.raises(RewardError, match="no verdict on any of the 2 episodes"):
            attacked(DAG, ["inject_order"], judge=made, episodes=2)


def test_rules_are_not_spoken_to():
    assert {cell.verdict for cell in attacked(DAG, ["judges"]).values()} == {"closed"}
