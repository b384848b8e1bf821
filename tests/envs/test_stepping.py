"""Episodes here count: an action is how often they ask, and what goes wrong on the way."""

import pytest

from hopgym.core import Score
from hopgym.envs.stepping import kept, open_all, play, play_apart
from hopgym.errors import EnvError, HopgymError, RetrievalError, RewardError


class Stage:
    """Answers a query by the query; 'down' cannot be answered."""

    def __init__(self):
        self.calls = []

    def search(self, queries):
        self.calls.append(list(queries))
        if "down" in queries:
            raise RetrievalError("The index is down.")
        return [[query] for query in queries]

    def search_each(self, queries):
        self.calls.append(list(queries))
        return [RetrievalError("It is down.") if q == "down" else [q] for q in queries]


def reward(question, trajectory):
    if question == "unscored":
        raise RewardError("The judge is ill.")
    return Score(1.0, {})


class Episode:
    """Asks the queries that it is given, one after the other, and keeps what it was told."""

    def __init__(self, question="q", first=()):
        self.reward = reward
        self.to_score = (question, None)
        self.asking = list(first)
        self.told = ()
        self.settled = 0

    def snapshot(self):
        return self.__dict__.copy()

    def restore(self, state):
        self.__dict__ = state

    def first_queries(self):
        return self.asking[:1]

    def take_first(self, rows):
        return self.receive(rows)

    def act(self, action):
        if isinstance(action, Exception):
            raise action
        self.asking = list(action)
        return self.asking[:1]

    def receive(self, rows):
        self.told = (*self.told, *(row[0] for row in rows))
        self.asking = self.asking[1:]
        return self.asking[:1]

    def settle(self, score):
        if isinstance(score, RewardError):
            raise score
        self.settled += 1


def test_queries_of_all_episodes_are_asked_together_round_by_round():
    stage, episodes = Stage(), [Episode(), Episode(), Episode()]
    play(stage, episodes, [["a", "b"], [], ["c"]])
    assert stage.calls == [["a", "c"], ["b"]]
    assert [(each.told, each.settled) for each in episodes] == [
        (("a", "b"), 1),
        ((), 1),
        (("c",), 1),
    ]


def test_what_episodes_open_with_is_asked_together():
    stage, episodes = Stage(), [Episode(first=["a", "b"]), Episode(), Episode(first=["c"])]
    open_all(stage, episodes)
    assert stage.calls == [["a", "c"], ["b"]]
    assert [each.told for each in episodes] == [("a", "b"), (), ("c",)]


@pytest.mark.parametrize("action", [["a", "down"], EnvError("It is broken."), KeyError("x")])
def test_kept_episodes_stand_where_they_stood_when_one_fails(action):
    episodes = [Episode(), Episode()]
    with pytest.raises((HopgymError, KeyError)), kept(episodes):
        play(Stage(), episodes, [["b"], action])
    assert [(each.told, each.settled) for each in episodes] == [((), 0)] * 2


def test_kept_episodes_move_where_nothing_fails():
    episodes = [Episode()]
    with kept(episodes):
        play(Stage(), episodes, [["a"]])
    assert episodes[0].told == ("a",)


def test_apart_a_failure_is_that_of_its_own_episode():
    episodes = {3: Episode(), 1: Episode("unscored"), 4: Episode(), 0: Episode(), 9: Episode()}
    actions = [["a"], ["b"], ["c", "down"], EnvError("It is broken."), KeyError("x")]
    failed = play_apart(Stage(), episodes, actions, "Toy")
    assert {i: type(error) for i, error in failed.items()} == {
        1: RewardError, 4: RetrievalError, 0: EnvError, 9: EnvError
    }  # fmt: skip
    assert "Toy" in str(failed[9]) and "KeyError" in str(failed[9])
    assert (episodes[3].told, episodes[3].settled) == (("a",), 1)
    assert all((episodes[i].told, episodes[i].settled) == ((), 0) for i in failed)


def test_apart_what_is_nobodys_own_moves_none():
    episodes = {0: Episode(), 1: Episode()}
    with pytest.raises(HopgymError, match="The whole is wrong"):
        play_apart(Stage(), episodes, [["a"], HopgymError("The whole is wrong.")], "Toy")
    assert [each.told for each in episodes.values()] == [(), ()]
