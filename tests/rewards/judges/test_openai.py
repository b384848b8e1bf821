import json

import pytest
from judge_servers import Raw, fake_model, judged, judges, says

from hopgym.errors import ConfigError
from hopgym.rewards.judges import Claim, make_judge
from hopgym.rewards.judges.failures import SetupError
from hopgym.rewards.judges.openai import OpenAIJudge

RIGHT = Claim("Who wrote it?", "Ada", ("Ada",))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def judge_at(fake, **options):
    return OpenAIJudge(base_url=f"{fake.url}/v1", backoff=0.01, **options)


def body_of(fake):
    return fake.asked[-1].json


def test_it_asks_as_openai_documents():
    with fake_model() as fake, judge_at(fake) as judge:
        judge.semantic([RIGHT])
        (asked,) = fake.asked
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == "Bearer sk-test"
        assert asked.json["model"] == "gpt-4o-mini"
        assert asked.json["temperature"] == 0.0
        assert asked.json["max_completion_tokens"] == 512
        assert [message["role"] for message in asked.json["messages"]] == ["system", "user"]
        form = asked.json["response_format"]
        assert form["type"] == "json_schema"
        assert form["json_schema"]["strict"] is True
        assert form["json_schema"]["schema"]["properties"]["score"]["enum"] == [
            0,
            0.25,
            0.5,
            0.75,
            1,
        ]


def test_servers_that_know_no_schema_are_asked_otherwise():
    fenced = lambda asked: says(asked, f"```json\n{json.dumps(judged(asked))}\n```")  # noqa: E731
    with fake_model() as fake:
        with judge_at(fake, structured="object") as judge:
            assert judge.outcome([RIGHT])[0].value == 1.0
            assert body_of(fake)["response_format"] == {"type": "json_object"}
        fake.script = fenced
        with judge_at(fake, structured="text", temperature=None) as judge:
            assert judge.outcome([RIGHT])[0].value == 1.0
            assert "response_format" not in body_of(fake)
            assert "temperature" not in body_of(fake)
        with judge_at(fake, structured="object", reasks=0) as judge:
            assert judge.outcome([RIGHT])[0].unscored


def test_a_form_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="structured=\"yaml\", but structured is 'schema' or"):
        make_judge("openai?structured=yaml")
    with pytest.raises(ConfigError, match="allowed are schema, object, text"):
        OpenAIJudge(structured="yaml")


def test_a_server_that_wants_no_key_gets_none_of_ours(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with fake_model() as fake, judge_at(fake, api_key_env=None) as judge:
        assert judge.outcome([RIGHT])[0].value == 1.0
        assert fake.asked[0].headers["authorization"] == "Bearer none"


def test_the_clients_own_variable_names_the_server_too(monkeypatch):
    with fake_model() as fake:
        usual = OpenAIJudge().fingerprint
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        with OpenAIJudge() as judge:
            assert judge.fingerprint != usual
            assert judge.outcome([RIGHT])[0].value == 1.0


def completion(**choice):
    message = {"role": "assistant", "content": '{"reason": "r", "correct": true}'}
    choice = {"index": 0, "message": message, "finish_reason": "stop"} | choice
    return Raw(200, {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


SPOILT = {
    "no choice": (Raw(200, {"choices": []}), "malformed: 0 choices"),
    "two choices": (
        Raw(200, {"choices": [{"message": {"content": "{}"}}] * 2}),
        "malformed: 2 choices",
    ),
    "cut off": (completion(finish_reason="length"), "cut_off: the reply reached reply_tokens"),
    "filtered": (completion(finish_reason="content_filter"), "refused: a content filter"),
    "refusal": (
        completion(message={"role": "assistant", "content": None, "refusal": "I will not."}),
        "refused: I will not.",
    ),
    "a call of a tool": (
        completion(message={"content": None, "tool_calls": []}, finish_reason="tool_calls"),
        "malformed: ",
    ),
    "parts": (completion(message={"content": [{"type": "text"}]}), "malformed: the body"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_completion_that_holds_no_reply_is_unscored(spoilt):
    raw, reason = SPOILT[spoilt]
    with fake_model(lambda _: raw) as fake, judge_at(fake, reasks=1, retries=1) as judge:
        (verdict,) = judge.outcome([RIGHT])
        assert verdict.unscored
        assert verdict.reason.startswith(reason)
        assert len(fake.asked) == 2
        fake.script = judges
        assert judge.outcome([RIGHT])[0].value == 1.0


def test_other_servers_may_leave_out_what_is_not_needed():
    message = {"content": '{"reason": "r", "correct": true}'}
    raw = Raw(200, {"choices": [{"message": message}]})
    with fake_model(lambda _: raw) as fake, judge_at(fake) as judge:
        assert judge.outcome([RIGHT])[0].value == 1.0
        assert judge.usage.tokens > 100  # estimated


def test_an_empty_account_is_not_asked_again():
    body = {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}
    with fake_model(lambda _: Raw(429, body)) as fake, judge_at(fake) as judge:
        (verdict,) = judge.outcome([RIGHT])
        assert verdict.unscored
        assert verdict.reason.startswith("quota: 429 insufficient_quota")
        assert len(fake.asked) == 1


@pytest.mark.parametrize("code", ["context_length_exceeded", "content_filter"])
def test_a_claim_that_a_server_will_not_read_is_unscored(code):
    body = {"error": {"message": "No.", "code": code}}
    with fake_model(lambda _: Raw(400, body)) as fake, judge_at(fake) as judge:
        (verdict,) = judge.outcome([RIGHT])
        assert verdict.unscored
        assert verdict.reason.startswith(f"refused: 400 {code}")
        assert len(fake.asked) == 1


def test_a_wrong_model_is_told_with_what_to_do():
    body = {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}
    with fake_model(lambda _: Raw(404, body)) as fake:
        judge = judge_at(fake, model="x")
        with pytest.raises(SetupError, match=r"model `x` does not exist.*Check the model and the"):
            judge.outcome([RIGHT])


def test_milliseconds_to_wait_are_openais_own():
    headers = {"retry-after-ms": "999999", "retry-after": "1"}
    with fake_model(lambda _: Raw(429, {}, headers)) as fake, judge_at(fake) as judge:
        assert "asks to wait longer than 60 s" in judge.outcome([RIGHT])[0].reason


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "nope", "code": "x"}}, "server_error: 500 x: nope (1 try)"),
        (b"nope", "server_error: 500: nope (1 try)"),
        ({"detail": "Not Found"}, 'server_error: 500: {"detail": "Not Found"} (1 try)'),
        (b"", "server_error: 500 (1 try)"),
    ],
)
def test_what_a_server_says_is_told_with_its_status_once(body, told):
    with fake_model(lambda asked: Raw(500, body)) as fake, judge_at(fake, retries=0) as judge:
        assert judge.outcome([RIGHT])[0].reason == told


def test_what_is_no_claim_is_not_sent():
    with fake_model() as fake, judge_at(fake) as judge:
        for ask in (judge.outcome, judge.semantic, judge.process):
            with pytest.raises(ConfigError, match=f"`{ask.__name__}` takes a list of .*Claims"):
                ask(["Ada"])
        assert fake.asked == [] and judge.usage.claims == 0
