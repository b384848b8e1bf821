import pytest
from judge_servers import Raw, fake_model, says

from hopgym.agents.api.gemini import GeminiAgent
from hopgym.agents.base import UnansweredError
from hopgym.errors import AgentError, ConfigError

INFO = {"grammar": "r3", "question": "Who?", "turn": 1}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "g-test")
    for variable in ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(variable, raising=False)


def act(fake, **options):
    options = {"backoff": 0.0, "retries": 1, "reasks": 1, **options}
    with GeminiAgent(base_url=fake.url, **options) as agent:
        return agent.act(["The question: Who?"], [INFO])


def test_it_asks_as_google_documents():
    with fake_model(lambda asked: says(asked, "Step 1:")) as fake:
        assert act(fake) == ["Step 1:"]
        (asked,) = fake.asked
        assert asked.path == "/v1beta/models/gemini-2.5-flash:generateContent"
        assert asked.headers["x-goog-api-key"] == "g-test"
        assert asked.user == "The question: Who?" and "numbered steps" in asked.system
        assert asked.json["generationConfig"] == {
            "temperature": 0.0,
            "maxOutputTokens": 1024,
            "stopSequences": ["\nThe retrieval documents:"],
            "thinkingConfig": {"thinking_budget": 0},
        }


def test_what_a_model_does_not_know_can_be_left_out():
    with fake_model(lambda asked: says(asked, "x")) as fake:
        act(fake, temperature=None, stop=False, thinking_budget=None)
        assert fake.asked[0].json["generationConfig"] == {"maxOutputTokens": 1024}
    with pytest.raises(ConfigError, match="thinking_budget is -2"):
        GeminiAgent(thinking_budget=-2)
    assert GeminiAgent(thinking_budget=9).fingerprint != GeminiAgent().fingerprint


def test_either_of_googles_variables_holds_the_key(monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(ConfigError, match="variable GEMINI_API_KEY or GOOGLE_API_KEY"):
        GeminiAgent()
    monkeypatch.setenv("GOOGLE_API_KEY", "other")
    with fake_model(lambda asked: says(asked, "x")) as fake:
        act(fake)
        assert fake.asked[0].headers["x-goog-api-key"] == "other"
    with pytest.raises(ConfigError, match="set the environment variable MINE, name another"):
        GeminiAgent(api_key_env="MINE")


@pytest.mark.parametrize("finish", ["STOP", "MAX_TOKENS", "SAFETY", "RECITATION"])
def test_a_model_that_says_nothing_acts_by_saying_nothing(finish):
    raw = Raw(200, {"candidates": [{"finishReason": finish}]})
    with fake_model(lambda _: raw) as fake:
        assert act(fake) == [""] and len(fake.asked) == 1


def test_thoughts_are_no_part_of_the_action():
    parts = [{"text": "Hm.", "thought": True}, {"text": "Step "}, {"text": "1:"}]
    raw = Raw(200, {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})
    with fake_model(lambda _: raw) as fake:
        assert act(fake) == ["Step 1:"]


NO_REPLY = {
    "blocked": (
        Raw(200, {"promptFeedback": {"blockReason": "SAFETY"}}),
        r"malformed: no candidates \(SAFETY\) \(asked 2 times\)",
    ),
    "nothing": (Raw(200, {}), r"malformed: no candidates \(0 candidates"),
    "broken off": (
        Raw(200, {"candidates": [{"finishReason": "MALFORMED_RESPONSE"}]}),
        "malformed: MALFORMED_RESPONSE",
    ),
    "down": (Raw(503, {"error": {"message": "Overloaded."}}), "server_error: 503.*2 tries"),
}


@pytest.mark.parametrize("case", NO_REPLY)
def test_an_answer_that_holds_no_reply_is_no_action(case):
    raw, reason = NO_REPLY[case]
    with fake_model(lambda _: raw) as fake, pytest.raises(UnansweredError, match=reason):
        act(fake)
    assert len(fake.asked) == 2


def test_a_wrong_key_ends_the_run():
    error = {"message": "API key not valid: g-test", "status": "INVALID_ARGUMENT",
             "details": [{"reason": "API_KEY_INVALID"}]}  # fmt: skip
    with fake_model(lambda _: Raw(400, {"error": error})) as fake:
        with pytest.raises(AgentError, match=r"not valid: \[key\]. Put the right key"):
            act(fake)
        assert len(fake.asked) == 1
