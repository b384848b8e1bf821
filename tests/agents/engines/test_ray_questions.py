import pytest

from hopgym.agents.engines.ray_questions import KEPT, QuestionsStore, TakenQuestions


class FakeRay:
    """An object store that copies what it is given, and counts."""

    def __init__(self):
        self.held = {}
        self.gets = 0

    def put(self, value):
        self.held[f"ref-{len(self.held)}"] = list(value)
        return f"ref-{len(self.held) - 1}"

    def get(self, reference):
        self.gets += 1
        return self.held[reference]


@pytest.fixture
def ray():
    return FakeRay()


def test_a_set_is_put_there_once(ray):
    store, first, second = QuestionsStore(), ["a"], ["a"]
    stored = store.put(ray, first)
    assert store.put(ray, first) == stored
    assert store.put(ray, second) != stored, "another object, though it looks the same"
    assert len(ray.held) == 2
    store.clear()
    assert store.put(ray, first) != stored


def test_an_actor_keeps_the_object(ray):
    taken, stored = TakenQuestions(), QuestionsStore().put(ray, ["a"])
    assert taken.get(ray, stored) is taken.get(ray, stored)
    assert taken.get(ray, stored) == ["a"] and ray.gets == 1


def test_those_that_were_not_played_lately_are_forgotten(ray):
    store, taken = QuestionsStore(), TakenQuestions()
    sets = [[n] for n in range(KEPT + 1)]
    for each in (*sets[:KEPT], sets[0], sets[KEPT]):  # the first is used again, the second is not
        taken.get(ray, store.put(ray, each))
    assert len(ray.held) == ray.gets == KEPT + 1
    taken.get(ray, store.put(ray, sets[0]))
    assert len(ray.held) == ray.gets == KEPT + 1
    taken.get(ray, store.put(ray, sets[1]))
    assert len(ray.held) == ray.gets == KEPT + 2
