import pytest
from judge_servers import Raw, fake_model, says

from hopgym.agents.api.openai import OpenAIAgent
from hopgym.agents.base import UnansweredError
from hopgym.errors import AgentError

INFO = {"grammar": "r3", "question": "Who?", "turn": 1}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def act(fake, info=INFO, **options):
    options = {"backoff": 0.0, "retries": 1, "reasks": 1, **options}
    with OpenAIAgent(base_url=f"{fake.url}/v1", **options) as agent:
        return agent.act(["The question: Who?"], [info])


def test_it_asks_as_openai_documents():
    with fake_model(lambda asked: says(asked, "Step 1:")) as fake:
        assert act(fake) == ["Step 1:"]
        (asked,) = fake.asked
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == "Bearer sk-test"
        assert [m["role"] for m in asked.json.pop("messages")] == ["system", "user"]
        assert asked.json == {
            "model": "gpt-4o-mini",
            "temperature": 0.0,
            "max_completion_tokens": 1024,
            "stop": ["\nThe retrieval documents:"],
        }


def test_what_a_model_does_not_know_can_be_left_out():
    with fake_model(lambda asked: says(asked, "x")) as fake:
        act(fake, temperature=None, stop=False)
        assert not {"temperature", "stop"} & set(fake.asked[0].json)


def test_the_clients_own_variable_names_the_server_too(monkeypatch):
    with fake_model(lambda asked: says(asked, "x")) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
        with OpenAIAgent() as agent:
            assert agent.url == f"{fake.url}/v1" and agent.act(["?"], [INFO]) == ["x"]


def completion(**choice):
    return Raw(200, {"choices": [{"message": {"content": None}, "finish_reason": "stop"} | choice]})


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"message": {"content": ""}},
        {"message": {}},
        {"message": {"content": None, "refusal": "I will not."}},
        {"finish_reason": "content_filter"},
        {"finish_reason": "length"},
    ],
)
def test_a_model_that_says_nothing_acts_by_saying_nothing(choice):
    with fake_model(lambda _: completion(**choice)) as fake:
        assert act(fake) == [""] and len(fake.asked) == 1


def test_a_reply_at_its_longest_is_an_action():
    with fake_model(lambda asked: says(asked, "Step 1:\nThe pro", finish="length")) as fake:
        assert act(fake) == ["Step 1:\nThe pro"]


NO_REPLY = {
    "no choice": (Raw(200, {"choices": []}), "malformed: 0 choices instead of one"),
    "no choices at all": (Raw(200, {"id": "x"}), "malformed: the body cannot be read"),
    "no message": (Raw(200, {"choices": [{}]}), "malformed: the body cannot be read"),
    "no JSON": (Raw(200, b"<html>"), "malformed: the body cannot be read"),
    "refused by a filter": (
        Raw(400, {"error": {"message": "No.", "code": "content_filter"}}),
        "refused: 400 content_filter: No.",
    ),
    "no money": (
        Raw(429, {"error": {"message": "No.", "code": "insufficient_quota"}}),
        "quota: 429 insufficient_quota: No.",
    ),
}


@pytest.mark.parametrize("case", NO_REPLY)
def test_an_answer_that_holds_no_reply_is_no_action(case):
    raw, reason = NO_REPLY[case]
    with fake_model(lambda _: raw) as fake, pytest.raises(UnansweredError) as failed:
        act(fake)
    (error,) = failed.value.actions
    told = f"The model 'gpt-4o-mini' at {fake.url}/v1 gave no reply: {reason}"
    assert isinstance(error, AgentError) and str(error).startswith(told)


def test_a_server_that_refuses_the_set_up_ends_the_run():
    body = {"error": {"message": "No such model.", "code": "model_not_found"}}
    with fake_model(lambda _: Raw(404, body)) as fake:
        told = r"The API at http\S+ answered 404 model_not_found: No such model. Check the model"
        with pytest.raises(AgentError, match=told):
            act(fake)
        assert len(fake.asked) == 1
        fake.script = lambda _: Raw(400, {"error": {"message": "Unknown parameter: stop."}})
        with pytest.raises(AgentError, match=r"Unknown parameter: stop\. Check .* the agent's opt"):
            act(fake)
