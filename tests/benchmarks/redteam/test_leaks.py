import pytest
from redteaming import DAG, LEAKY, RAG, SEARCH, TALKATIVE, verdicts

from hopgym.benchmarks.redteam.leaks import everything_in, found


@pytest.mark.parametrize("env", [SEARCH, DAG, RAG])
def test_gold_is_out_of_reach(env):
    assert set(verdicts(env, ["leaks"]).values()) == {"closed"}


def test_gold_in_an_info_is_found():
    told = verdicts(LEAKY, ["leaks"])
    assert told.pop("leak_infos") == told.pop("leak_pickles") == "leaks"
    assert set(told.values()) == {"closed"}


def test_gold_in_the_message_of_an_error_is_found():
    told = verdicts(TALKATIVE, ["leaks"])
    assert told.pop("leak_exceptions") == "leaks" and set(told.values()) == {"closed"}


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("Question(id='q', answers=('Ada Orm', 'A. Orm'))", "Ada Orm"),
        ('{"gold": ["Tessa"]}', "Tessa"),
        ("target = 'x'", "x"),
        ("no answer here", ""),
        ("{'answers': ()}", ""),
    ],
)
def test_what_is_called_an_answer(text, gold):
    assert found(text) == gold


def test_what_the_player_was_shown_is_no_leak():
    assert found("answer: 'Ada'", "Ada directed Vel.") == ""


def test_attributes_are_read_too():
    class Box:
        def __init__(self):
            self.gold_answer = "Ada"

    assert found(everything_in({"box": Box()})) == "Ada"
