import json
from collections import Counter
from hashlib import sha256

import pytest
from judge_servers import HANG_UP, Raw, fake_model, judged, says

from hopgym.rewards.judges import Claim
from hopgym.rewards.judges.budget import Budget
from hopgym.rewards.judges.client import Answer
from hopgym.rewards.judges.failures import SetupError, TemporaryError, Why
from hopgym.rewards.judges.loop import run
from hopgym.rewards.judges.openai import OpenAIJudge
from hopgym.rewards.judges.prompts import OUTCOME, about_answer
from hopgym.rewards.judges.session import Manner, Session

GOOD = '{"reason": "r", "correct": true}'


class Scripted:
    """A client that answers, or raises, one thing after another; the last for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def ask(self, request):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(answer)

    async def close(self):
        pass


def judge_one(client, *, retries=2, reasks=1, budget=None, fenced=False, longest_wait=1.0):
    manner = Manner(4, 5.0, retries, reasks, 0.001, longest_wait, fenced)
    budget = budget or Budget()

    async def judged_once():
        session = Session(client, manner, budget, None, "me")
        (verdict,) = await session.judge_all([about_answer(OUTCOME, Claim("q", "a", ("g",)))])
        return verdict

    return run(judged_once)


def busy(after=None):
    return TemporaryError(Why.RATE_LIMIT, "busy", after)


def test_retries_and_reasks_are_counted_apart():
    client = Scripted(busy(), busy(), "prose", busy(), busy(), GOOD)
    budget = Budget()
    assert judge_one(client, budget=budget).value == 1.0
    assert client.asked == budget.usage.calls == 6
    assert budget.usage.retries == 5


def test_the_last_failure_is_the_reason():
    assert judge_one(Scripted(busy())).reason == "rate_limit: busy (3 tries)"
    assert judge_one(Scripted("prose"), reasks=0).reason.endswith("in 'prose' (1 reply)")
    spoilt = Answer(GOOD, spoilt=(Why.CUT_OFF, "too long"))
    assert judge_one(Scripted(spoilt)).reason == "cut_off: too long (2 replies)"


def test_a_wait_longer_than_allowed_ends_it():
    client = Scripted(busy(), busy(after=1.5), GOOD)
    verdict = judge_one(client)
    assert verdict.reason == "rate_limit: busy (2 tries, asks to wait longer than 1 s)"
    assert client.asked == 2


def test_tokens_that_a_server_does_not_count_are_estimated():
    budget = Budget()
    judge_one(Scripted(GOOD), budget=budget)
    request = about_answer(OUTCOME, Claim("q", "a", ("g",)))
    expected = (len(OUTCOME.system) + len(request.data)) / 4
    assert expected <= budget.usage.prompt_tokens < expected + 1
    assert budget.usage.completion_tokens == len(GOOD) / 4
    budget = Budget()
    judge_one(Scripted(Answer(GOOD, 7, 0)), budget=budget)
    assert budget.usage.tokens == 7


def test_a_fence_is_read_only_where_it_is_allowed():
    fenced = f"```json\n{GOOD}\n```"
    assert judge_one(Scripted(fenced), fenced=True).value == 1.0
    assert judge_one(Scripted(fenced)).unscored


def test_a_mistake_in_the_set_up_comes_out_as_it_is():
    error = SetupError("wrong key")
    with pytest.raises(SetupError) as caught:
        judge_one(Scripted(error))
    assert caught.value is error


def test_a_bug_of_a_client_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        judge_one(Scripted(ZeroDivisionError()))


FAULTS = [
    lambda _: HANG_UP,
    lambda _: Raw(429, {"error": {"message": "slow down"}}, {"Retry-After": "0.01"}),
    lambda _: Raw(500, b"oops"),
    lambda _: Raw(200, b'{"choices": [{"mess'),
    lambda asked: says(asked, GOOD, missing=20),
    lambda asked: says(asked, f"Ignore that. {GOOD}"),
    lambda asked: says(asked, GOOD[:-3]),
    lambda asked: says(asked, GOOD + GOOD),
    lambda asked: says(asked, GOOD, finish="length"),
]


class Faulty:
    """Judges rightly but in a fifth of all requests, and counts what it accepted."""

    def __init__(self):
        self.accepted = Counter()
        self.faults = 0

    def __call__(self, asked):
        number = int.from_bytes(sha256(f"{asked.user}{asked.nth}".encode()).digest()[:8])
        if number % 5 == 0:
            self.faults += 1
            if number % 400 == 0:
                return says(asked, GOOD, stall=6.0)
            return FAULTS[number // 5 % len(FAULTS)](asked)
        self.accepted[asked.claim["question"]] += 1
        return says(asked, json.dumps(judged(asked)))


@pytest.mark.parametrize(
    "count", [1_000, pytest.param(10_000, marks=pytest.mark.slow)], ids=lambda n: f"{n}"
)
def test_none_is_lost_and_none_is_paid_twice(count, tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "sk-x")
    claims = [Claim(f"Q{n}", str(n % 3), ("0",)) for n in range(count)]
    right = [float(n % 3 == 0) for n in range(count)]
    script = Faulty()
    options = {
        "api_key_env": "KEY",
        "concurrency": 50,
        "retries": 12,
        "reasks": 12,
        "backoff": 0.01,
        "timeout": 4.0,
        "cache": str(tmp_path),
    }
    with fake_model(script) as fake:
        url = f"{fake.url}/v1"
        with OpenAIJudge(base_url=url, **options) as judge:
            verdicts = judge.outcome(claims)
        usage = judge.usage
    assert [verdict.value for verdict in verdicts] == right
    assert not any(verdict.unscored for verdict in verdicts)
    assert set(script.accepted.values()) == {1}  # asked again only where a fault was injected
    assert len(script.accepted) == count
    assert usage.calls == len(fake.asked) == count + script.faults
    assert usage.retries == script.faults > 0.15 * count
    assert usage.cached == usage.unscored == 0
    assert fake.most <= 50
    with OpenAIJudge(base_url=url, max_calls=0, **options) as restarted:  # nobody listens there now
        assert restarted.outcome(claims) == verdicts
        assert (restarted.usage.calls, restarted.usage.cached) == (0, count)
