"""The server as its clients see it."""

import json
import threading

import httpx
import pytest
from toy import ToyRetriever, toy_kwargs

from hopgym.envs.grammars import make_grammar
from hopgym.envs.server import EnvLimits, running
from hopgym.errors import RetrievalError, RewardError

ENV = "hopgym/SearchRead-v0"
R3 = make_grammar("r3")
QUERY = R3.write_query(1, "I look.", "river")
ANSWER = R3.write_answer(1, "I know.", "Leeds")


class Failing(ToyRetriever):
    """Fails for one word; waits for another."""

    def __init__(self):
        super().__init__()
        self.gate, self.began = threading.Event(), threading.Event()

    def search(self, queries, k):
        if any("fail" in query for query in queries):
            raise RetrievalError("the index is gone")
        if any("crash" in query for query in queries):
            raise KeyError("a secret place")
        if any("wait" in query for query in queries):
            self.began.set()
            assert self.gate.wait(20)
        return super().search(queries, k)


def unpaid(question, trajectory):
    if trajectory.steps and "Unjudged" in trajectory.steps[-1].action:
        raise RewardError("the judge is away")
    from hopgym.core import Score

    return Score(0.0, {})


RETRIEVER = Failing()


@pytest.fixture(scope="module")
def client():
    limits = EnvLimits(max_sessions=8, max_body=10_000, body_seconds=0.5)
    kwargs = toy_kwargs(retriever=RETRIEVER, reward=unpaid)
    with (
        running(ENV, kwargs, limits=limits) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=20) as client,
    ):
        yield client


@pytest.fixture
def session(client):
    id = client.post("/sessions", json={}).json()["session"]
    yield id
    client.post("/close", json={"session": id})


def test_an_episode_is_played(client, session):
    begun = client.post("/reset", json={"session": session, "seed": 3})
    assert begun.status_code == 200 and begun.json()["info"]["step"] == 0
    stepped = client.post("/step", json={"session": session, "action": ANSWER}).json()
    assert stepped["terminated"] and stepped["info"]["prediction"] == "Leeds"
    assert set(stepped) == {"observation", "reward", "terminated", "truncated", "info"}
    again = client.post("/step", json={"session": session, "action": ANSWER})
    assert again.status_code == 409 and again.json()["error"] == "EpisodeError"


def test_the_gold_is_not_told_before_the_end(client, session):
    begun = client.post("/reset", json={"session": session, "options": {"question_id": "q1"}})
    stepped = client.post("/step", json={"session": session, "action": QUERY}).json()
    assert "answers" not in begun.json()["info"] and "answers" not in stepped["info"]


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/reset", b"{", 400, "not JSON"),
        ("/reset", b"", 422, "session"),
        ("/reset", b'{"session":' + b"[" * 9000, 422, "session"),
        ("/reset", b"x" * 20_000, 413, "more than 10000 bytes"),
        ("/reset", {"session": "nobody's"}, 404, "no such session"),
        ("/reset", {"session": "SESSION", "seed": -1}, 422, "seed -1"),
        ("/reset", {"session": "SESSION", "seed": "x"}, 422, "seed"),
        ("/reset", {"session": "SESSION", "options": {"gold": 1}}, 422, "gold"),
        ("/reset", {"session": "SESSION", "options": {"index": 99}}, 422, "99"),
        ("/reset", {"session": "SESSION", "options": {"question_id": "zz"}}, 422, "zz"),
        ("/step", {"session": "SESSION", "action": 3}, 422, "no value of"),
        ("/step", {"session": "SESSION"}, 422, "action"),
        (
            "/step",
            {"session": "SESSION", "action": QUERY.replace("river", "fail")},
            502,
            "index is",
        ),
        ("/step", {"session": "SESSION", "action": ANSWER + " Unjudged"}, 502, "judge is away"),
        ("/sessions", {"env_id": "x"}, 422, "env_id"),
        ("/close", {"session": 3}, 422, "session"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_refusal_says_why(client, session, path, body, status, told):
    client.post("/reset", json={"session": session, "seed": 3})
    content = body if isinstance(body, bytes) else json.dumps(body).replace("SESSION", session)
    answer = client.post(path, content=content)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]


def test_a_failure_leaves_the_episode_where_it_stood(client, session):
    client.post("/reset", json={"session": session, "seed": 3})
    for word, status in (("fail", 502), ("crash", 502), ("river", 200)):
        action = QUERY.replace("river", word)
        answer = client.post("/step", json={"session": session, "action": action})
        assert answer.status_code == status
    assert answer.json()["info"]["step"] == 1


def test_a_session_takes_one_request_at_a_time_and_others_go_on(client, session):
    RETRIEVER.gate.clear()
    RETRIEVER.began.clear()
    client.post("/reset", json={"session": session, "seed": 3})
    waiting = {"session": session, "action": QUERY.replace("river", "wait")}
    done = []
    thread = threading.Thread(target=lambda: done.append(client.post("/step", json=waiting)))
    thread.start()
    try:
        assert RETRIEVER.began.wait(20)
        answer = client.post("/step", json={"session": session, "action": QUERY})
        assert answer.status_code == 409 and "busy" in answer.json()["detail"]
        other = client.post("/sessions", json={}).json()["session"]
        assert client.post("/reset", json={"session": other, "seed": 1}).status_code == 200
        assert client.post("/close", json={"session": other}).status_code == 200
    finally:
        RETRIEVER.gate.set()
        thread.join()
    assert done[0].status_code == 200


def test_there_are_no_more_sessions_than_allowed(client):
    opened = [client.post("/sessions", json={}) for _ in range(9)]
    assert opened[-1].status_code == 503 and opened[-1].headers["Retry-After"] == "1"
    for answer in opened:
        if answer.status_code == 201:
            client.post("/close", json=answer.json())


def test_it_says_what_it_serves_and_is_described(client):
    info = client.get("/info").json()
    assert info["env_id"] == ENV and info["action_space"]["kind"] == "text"
    assert client.get("/health").json() == {"status": "healthy"}
    assert "/step" in client.get("/openapi.json").json()["paths"]


def test_a_token_is_asked_for_and_another_machines_name_is_refused(client):
    assert client.get("/info", headers={"Host": "evil.example"}).status_code == 403
    with (
        running(ENV, toy_kwargs(), token="a-right-token") as url,
        httpx.Client(base_url=url, trust_env=False, timeout=20) as guarded,
    ):
        assert guarded.get("/health").status_code == 200
        for path in ("sessions", "reset", "step", "close"):
            answer = guarded.post(f"/{path}", json={})
            assert answer.status_code == 401 and "token" in answer.json()["detail"]
        right = {"Authorization": "Bearer a-right-token"}
        assert guarded.post("/sessions", json={}, headers=right).status_code == 201
