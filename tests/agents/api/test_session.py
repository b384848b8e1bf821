import anyio
import pytest

from hopgym.agents.api.chat import Chat, Role
from hopgym.agents.api.session import ChatSession
from hopgym.rewards.judges.budget import Budget
from hopgym.rewards.judges.client import Answer
from hopgym.rewards.judges.failures import SetupError, TemporaryError, UnjudgedError, Why
from hopgym.rewards.judges.session import Manner


class Model:
    """Answers with the next of a list; an exception is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.now = self.most = 0

    async def ask(self, request):
        self.asked.append(request.data)
        self.now += 1
        self.most = max(self.most, self.now)
        await anyio.sleep(0.01)
        self.now -= 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self):
        pass


def ask(model, *texts, budget=None, concurrency=4, **changes):
    manner = {"timeout": 5.0, "retries": 1, "reasks": 1, "backoff": 0.0, "longest_wait": 1.0}
    manner = Manner(concurrency=concurrency, fenced=False, **manner | changes)
    session = ChatSession(model, manner, budget or Budget(), None, "")
    return anyio.run(session.ask_all, [Chat(Role("Rules."), text) for text in texts])


def test_replies_come_in_order_and_equal_chats_are_asked_one_by_one():
    model = Model(*(Answer(str(n)) for n in range(6)))
    assert ask(model, *"aaaaaa", concurrency=2) == ["0", "1", "2", "3", "4", "5"]
    assert (len(model.asked), model.most) == (6, 2)


def test_what_the_model_wrote_is_its_reply_however_it_ended():
    spoilt = (Why.CUT_OFF, "length"), (Why.REFUSED, "a content filter")
    model = Model(Answer("half", spoilt=spoilt[0]), Answer("", spoilt=spoilt[1]), Answer(""))
    assert ask(model, "a", "b", "c") == ["half", "", ""]


def test_an_answer_without_a_reply_is_asked_for_again_and_then_a_failure():
    none = Answer("", spoilt=(Why.MALFORMED, "0 choices instead of one"))
    assert ask(Model(none, Answer("yes")), "a") == ["yes"]
    (failure,) = ask(Model(none, none), "a")
    assert isinstance(failure, UnjudgedError)
    assert str(failure) == "malformed: 0 choices instead of one (asked 2 times)"


def test_one_failure_leaves_the_others_alone():
    down = TemporaryError(Why.SERVER, "500")
    first, second = ask(Model(down, down, Answer("b")), "a", "b", concurrency=1)
    assert str(first) == "server_error: 500 (2 tries)" and second == "b"


def test_a_mistake_in_the_set_up_ends_all():
    with pytest.raises(SetupError, match="wrong key"):
        ask(Model(SetupError("wrong key"), Answer("b")), "a", "b", concurrency=1)


def test_the_budget_counts_and_ends():
    budget = Budget(max_calls=2)
    found = ask(Model(Answer("a", 10, 5), Answer("b", 10, 5)), *"abc", budget=budget, concurrency=1)
    assert found[:2] == ["a", "b"] and str(found[2]).startswith("budget: all 2 calls are spent")
    assert (budget.usage.calls, budget.usage.tokens) == (2, 30)
