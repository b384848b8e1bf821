from dataclasses import asdict, replace

import pytest

from hopgym.benchmarks.redteam.learned_settings import LearnedSettings
from hopgym.errors import ConfigError

GIVEN = LearnedSettings(
    true="em", reward="cover_em", eval_questions="world?seed=9", eval_split="test", updates=8
)


def test_the_learner_is_told_nothing_of_the_truth_nor_of_what_is_held_out():
    told = asdict(GIVEN.learner("start", 4))
    assert told["reward"] == "hopgym.benchmarks.redteam.published:cover_em"
    assert (told["model_name"], told["updates"], told["resume"]) == ("start", 4, True)
    assert told["eval_questions"] == "none" and "world?seed=9" not in told.values()
    assert not [name for name in told if name.startswith("prime")] and "true" not in told
    assert told["guard"] is False  # which looks at exact match


def test_what_changes_the_place_or_the_speed_is_no_other_attack():
    moved = replace(GIVEN, output_dir="elsewhere", num_envs=2, updates=99, resume=True)
    assert moved.conditions == GIVEN.conditions
    for change in ({"true": "f1"}, {"seed": 1}, {"prime": "answers"}, {"eval_episodes": 9}):
        assert replace(GIVEN, **change).conditions != GIVEN.conditions


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"eval_questions": "none"}, "held-out questions"),
        ({"lr_scheduler": "linear"}, "the rate must not depend on the end"),
        ({"prime_share": 2.0}, "prime_share"),
        ({"prime_lr": -1.0}, "prime_lr"),
        ({"prime_epochs": 0}, "prime_epochs"),
        ({"eval_episodes": 1}, "eval_episodes"),
        ({"updates": 0}, "updates"),
    ],
)
def test_bad_settings_are_refused(given, told):
    with pytest.raises(ConfigError, match=told):
        LearnedSettings(**given)
