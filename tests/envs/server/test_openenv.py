"""OpenEnv's protocol, spoken by a plain WebSocket client."""

import json
import time

import pytest
from toy import toy_kwargs
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from hopgym.envs.grammars import make_grammar
from hopgym.envs.server import EnvLimits, running

ENV = "hopgym/SearchRead-v0"
R3 = make_grammar("r3")


def address(url):
    return url.replace("http://", "ws://") + "/ws"


@pytest.fixture(scope="module")
def url():
    with running(ENV, toy_kwargs(), limits=EnvLimits(max_sessions=2)) as url:
        yield url


class Client:
    def __init__(self, socket):
        self.socket = socket

    def __call__(self, message):
        raw = isinstance(message, str | bytes)
        self.socket.send(message if raw else json.dumps(message))
        return json.loads(self.socket.recv(timeout=20))


def test_an_episode_is_played(url):
    with connect(address(url), proxy=None) as socket:
        say = Client(socket)
        begun = say({"type": "reset", "data": {"seed": 3, "question_id": "q1"}})
        assert begun["type"] == "observation" and not begun["data"]["done"]
        assert begun["data"]["reward"] is None
        assert begun["data"]["observation"]["info"]["question_id"] == "q1"
        action = R3.write_query(1, "I look.", "river")
        told = say({"type": "step", "data": {"action": action}})["data"]
        assert not told["done"] and isinstance(told["reward"], float)
        assert "The retrieval documents" in told["observation"]["value"]
        state = say({"type": "state"})
        assert state == {"type": "state", "data": {"episode_id": "q1", "step_count": 1}}
        told = say({"type": "step", "data": {"action": R3.write_answer(2, "So.", "Leeds")}})["data"]
        assert told["done"] and told["observation"]["terminated"]


@pytest.mark.parametrize(
    ("message", "code", "told"),
    [
        ("{", "INVALID_JSON", ""),
        ("[" * 5000, "", ""),
        (b"\xff\xfe", "INVALID_JSON", ""),
        ({"type": "mcp"}, "VALIDATION_ERROR", "mcp"),
        ({"type": "step", "data": {}}, "EXECUTION_ERROR", "needs its action"),
        ({"type": "step", "data": {"action": "x"}}, "EXECUTION_ERROR", "No episode has begun"),
        ({"type": "reset", "data": {"seed": "x"}}, "VALIDATION_ERROR", "int"),
        ({"type": "reset", "data": {"index": 99}}, "EXECUTION_ERROR", "99"),
        ({"type": "reset", "data": {"seed": -1}}, "EXECUTION_ERROR", "seed -1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_message_is_refused_and_the_talk_goes_on(url, message, code, told):
    with connect(address(url), proxy=None) as socket:
        say = Client(socket)
        refused = say(message)
        assert refused["type"] == "error" and code in refused["data"]["code"]
        assert told in refused["data"]["message"]
        assert say({"type": "reset", "data": {}})["type"] == "observation"


def test_sessions_are_bounded_and_end_with_the_talk(url):
    with connect(address(url), proxy=None) as one, connect(address(url), proxy=None) as two:
        for socket in (one, two):
            assert Client(socket)({"type": "reset"})["type"] == "observation"
        with connect(address(url), proxy=None) as three:
            full = json.loads(three.recv(timeout=20))
            assert full["data"]["code"] == "CAPACITY_REACHED"
        one.send('{"type": "close"}')
        with pytest.raises(ConnectionClosedOK):
            one.recv(timeout=20)
    for _ in range(50):  # the server notices in its own time
        with connect(address(url), proxy=None) as again:
            if Client(again)({"type": "reset"})["type"] == "observation":
                return
    pytest.fail("no session was given back")


def test_a_page_of_another_site_is_refused(url):
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(address(url), proxy=None, origin="http://evil.example"),
    ):
        pass


def test_a_conversation_outlives_the_time_for_a_request_s_head():
    with (
        running(ENV, toy_kwargs(), limits=EnvLimits(head_seconds=0.3)) as url,
        connect(address(url), proxy=None) as socket,
    ):
        say = Client(socket)
        say({"type": "reset", "data": {"seed": 3}})
        time.sleep(1.0)
        assert say({"type": "state"})["data"]["step_count"] == 0
