import pytest
from tiny_llms import needs_llms

from hopgym.benchmarks.speed import steps
from hopgym.benchmarks.speed.rounds import race
from hopgym.errors import ConfigError

needs_llms()


class Trainer:
    """Makes steps, and notes whose turn it was."""

    def __init__(self, name, told, steps=9):
        self.name, self.told, self.steps = name, told, steps

    def add_callback(self, callback):
        self.callback = callback

    def train(self):
        for _ in range(self.steps):
            self.callback.on_step_begin(None, None, None)
            self.told.append(self.name)
            self.count = steps.Count((len(self.told),), (1,), 9)
        raise ConfigError("a broken step")


def test_trainings_take_turns():
    told = []
    made = [steps.Stepping(name, Trainer(name, told), steps.Clock()) for name in "ab"]
    made[0].looks = lambda: told.append("look")
    race(made, 2, 0.0)
    assert told == ["a", "look", "b"] * 3  # the first steps warm up
    assert [count.rows for count in made[1].counts] == [(6,), (9,)]
    assert set(made[0].parts[0]) == {steps.STEP, steps.LOOK} > set(made[1].parts[0])
    assert made[0].rows[0].costs == [part[steps.STEP] for part in made[0].parts]


def test_a_failing_step_is_told():
    stepper = steps.Stepper(Trainer("a", [], steps=1))
    with pytest.raises(ConfigError, match="a broken step"):
        stepper.step()
    stepper.close()


def test_a_clock_adds_up():
    clock = steps.Clock()
    assert clock.timed("sum", lambda: sum(range(9))) == 36
    first = clock.spent["sum"]
    with pytest.raises(ZeroDivisionError):
        clock.timed("sum", lambda: 1 / 0)
    assert clock.spent["sum"].wall > first.wall > 0


def test_tokens_are_counted():
    prompts, completions = [[1], [1, 2]], [[3, 4, 5], [6]]
    assert steps.count(prompts, completions, None) == steps.Count((4, 3), (3, 1), 10)
    assert steps.count(prompts, completions, [[0, 1, 1], [1]]).written == (2, 1)
