import time

import pytest
from judge_servers import Raw, fake_model, judges

from hopgym.errors import ConfigError
from hopgym.rewards.judges import Claim
from hopgym.rewards.judges.failures import SetupError
from hopgym.rewards.judges.gemini import GeminiJudge

RIGHT = Claim("Who wrote it?", "Ada", ("Ada",))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "g-test")
    for variable in ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(variable, raising=False)


def judge_at(fake, **options):
    return GeminiJudge(base_url=fake.url, backoff=0.01, **options)


def test_it_asks_as_google_documents():
    with fake_model() as fake, judge_at(fake) as judge:
        judge.semantic([RIGHT])
        (asked,) = fake.asked
        assert asked.path == "/v1beta/models/gemini-2.5-flash:generateContent"
        assert asked.headers["x-goog-api-key"] == "g-test"
        config = asked.json["generationConfig"]
        assert config["responseMimeType"] == "application/json"
        assert config["responseJsonSchema"]["required"] == ["reason", "score"]
        assert (config["temperature"], config["maxOutputTokens"]) == (0.0, 512)
        assert config["thinkingConfig"] == {"thinking_budget": 0}
        assert "tools" not in asked.json


def test_what_a_model_does_not_know_can_be_left_out():
    with fake_model() as fake:
        with judge_at(fake, model="other", thinking_budget=None, temperature=None) as judge:
            judge.outcome([RIGHT])
        config = fake.asked[0].json["generationConfig"]
        assert not {"thinkingConfig", "temperature"} & set(config)
    with pytest.raises(ConfigError, match="thinking_budget is -2"):
        GeminiJudge(thinking_budget=-2)


def test_either_of_googles_variables_holds_the_key(monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("GOOGLE_API_KEY", "other")
    with fake_model() as fake, judge_at(fake) as judge:
        judge.outcome([RIGHT])
        assert fake.asked[0].headers["x-goog-api-key"] == "other"
    with pytest.raises(ConfigError, match="set the environment variable MINE, name another"):
        GeminiJudge(api_key_env="MINE")


def test_the_key_that_was_named_is_the_one_that_is_sent(monkeypatch):
    monkeypatch.setenv("GOOGLE_API_KEY", "other")
    monkeypatch.setenv("MINE", "mine")
    with fake_model() as fake:
        for options, sent in (({}, "g-test"), ({"api_key_env": "MINE"}, "mine")):
            with judge_at(fake, **options) as judge:
                judge.outcome([RIGHT])
            assert fake.asked[-1].headers["x-goog-api-key"] == sent


def test_another_mode_of_the_client_is_not_switched_on_by_chance(monkeypatch):
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    with fake_model() as fake, judge_at(fake) as judge:
        assert judge.outcome([RIGHT])[0].value == 1.0
        assert fake.asked[0].path.startswith("/v1beta/models/")


def test_the_clients_own_variable_names_the_server_too(monkeypatch):
    with fake_model() as fake:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", fake.url)
        with GeminiJudge() as judge:
            assert judge.outcome([RIGHT])[0].value == 1.0


def candidate(text='{"reason": "r", "correct": true}', **more):
    return {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"} | more


SPOILT = {
    "no candidate": ({"candidates": []}, "malformed: 0 candidates"),
    "two": ({"candidates": [candidate()] * 2}, "malformed: 2 candidates"),
    "blocked": ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "refused: PROHIBITED"),
    "cut off": ({"candidates": [candidate(finishReason="MAX_TOKENS")]}, "cut_off: "),
    "safety": ({"candidates": [{"finishReason": "SAFETY"}]}, "refused: SAFETY"),
    "spoilt": ({"candidates": [candidate(finishReason="MALFORMED_RESPONSE")]}, "malformed: MALF"),
    "no parts": ({"candidates": [candidate(content={})]}, "malformed: "),
    "thoughts alone": (
        {"candidates": [candidate(content={"parts": [{"text": "{}", "thought": True}]})]},
        "malformed: ",
    ),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_response_that_holds_no_reply_is_unscored(spoilt):
    body, reason = SPOILT[spoilt]
    with fake_model(lambda _: Raw(200, body)) as fake, judge_at(fake, reasks=1) as judge:
        (verdict,) = judge.outcome([RIGHT])
        assert verdict.unscored
        assert verdict.reason.startswith(reason)
        assert len(fake.asked) == 2
        fake.script = judges
        assert judge.outcome([RIGHT])[0].value == 1.0


def test_thoughts_are_paid_but_not_read():
    parts = [{"text": "Hm, {", "thought": True}, {"text": '{"reason": "r", '}]
    parts += [{"text": '"correct": true}'}]
    used = {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}
    body = {"candidates": [candidate(content={"parts": parts})], "usageMetadata": used}
    with fake_model(lambda _: Raw(200, body)) as fake, judge_at(fake) as judge:
        assert judge.outcome([RIGHT])[0].value == 1.0
        assert (judge.usage.prompt_tokens, judge.usage.completion_tokens) == (10, 12)


def refusal(status, name, *details):
    return Raw(status, {"error": {"message": "No.", "status": name, "details": list(details)}})


def test_google_says_in_the_body_when_to_come_back():
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.4s"}

    def script(asked):
        return refusal(429, "RESOURCE_EXHAUSTED", info) if asked.nth == 1 else judges(asked)

    with fake_model(script) as fake, judge_at(fake) as judge:
        start = time.monotonic()
        assert judge.outcome([RIGHT])[0].value == 1.0
        assert time.monotonic() - start >= 0.4
        info["retryDelay"] = "3600s"
        fake.script = lambda _: refusal(429, "RESOURCE_EXHAUSTED", info)
        (verdict,) = judge.outcome([Claim("Who?", "Bea", ("Ada",))])
        assert verdict.reason.startswith("rate_limit: 429 RESOURCE_EXHAUSTED")
        assert verdict.reason.endswith("(1 try, asks to wait longer than 60 s)")


def test_a_wrong_key_is_told_as_such_though_google_calls_it_a_bad_request():
    wrong = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    with fake_model() as fake, judge_at(fake) as judge:
        assert judge.outcome([RIGHT])[0].value == 1.0
        fake.script = lambda _: refusal(400, "INVALID_ARGUMENT", wrong)
        with pytest.raises(SetupError, match="Put the right key into the environment variable"):
            judge.outcome([Claim("Who?", "Bea", ("Ada",))])
