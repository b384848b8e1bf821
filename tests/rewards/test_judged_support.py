import json

import pytest
from judge_servers import fake_model, says
from rag_episodes import ADA, ALL, QUESTION, rag

from hopgym.errors import ConfigError
from hopgym.rewards import make_reward
from hopgym.rewards.hallucination import check_hallucination
from hopgym.rewards.judged_support import JudgeSupport
from hopgym.rewards.judges import SupportClaim, Verdict, make_judge
from hopgym.rewards.support import Checkable, make_supporter


class Silent:
    """A judge of answers alone."""

    name = fingerprint = "silent"

    def outcome(self, claims):
        return [Verdict(1.0) for _ in claims]

    semantic = process = outcome


class Away(Silent):
    """A judge that is out of reach."""

    def support(self, claims):
        assert all(type(claim) is SupportClaim for claim in claims)
        return [Verdict(0.0, "no connection", unscored=True) for _ in claims]


def reads(asked):
    """A model that finds a claim in a document if its words stand there."""
    claim = asked.claim
    said = any(claim["claim"].rstrip(".") in document for document in claim["documents"])
    return says(asked, json.dumps({"reason": "read", "correct": said}))


def test_the_rule_judge_looks_at_words():
    found = check_hallucination("Tessa. Paris.", ALL, by="judge?judge=rule")
    assert [one.support.supported for one in found.claims] == [True, False]
    assert found.claims[1].support.reason == "not shown: paris"


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_model_is_asked(provider, monkeypatch):
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-test")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    with fake_model(reads) as fake:
        path = "/v1" if provider == "openai" else ""
        with make_judge(f"{provider}?model=m&base_url={fake.url}{path}&backoff=0.01") as judge:
            items = [
                Checkable("Tessa.", (ADA.text,), "Where?"),
                Checkable("Paris", (ADA.text,)),
                Checkable("Lun", ()),
            ]
            told = JudgeSupport(judge=judge).check(items)
        assert [one.supported for one in told] == [True, False, False]
        assert told[2].reason == "nothing shown" and len(fake.asked) == 2
        assert fake.asked[0].claim.keys() == {"question", "claim", "documents"}


def test_a_judge_that_fails_leaves_it_unscored():
    found = check_hallucination("Tessa.", ALL, by=JudgeSupport(judge=Away()))
    assert found.rate is None and found.unscored == "no connection"
    reward = make_reward("rag", hallucination=0.5, support=JudgeSupport(judge=Away()))
    right, nothing = reward.many([(QUESTION, rag("Tessa")), (QUESTION, rag("unknown"))])
    assert right.unscored and right.reason == "no connection"
    assert not nothing.unscored and nothing.value == 0.0  # it earns nothing: nobody was asked


def test_a_judge_without_support_is_refused():
    with pytest.raises(ConfigError, match=r"has no `support`.*such as 'rule'"):
        JudgeSupport(judge=Silent())
    assert isinstance(make_supporter("judge"), JudgeSupport)
