import json
from pathlib import Path

import pytest
from learned_runs import attack
from tiny_llms import needs_llms

from hopgym.benchmarks.redteam import priming
from hopgym.benchmarks.redteam.priming import CARD, primed_with, start_of
from hopgym.errors import AgentError, ConfigError


def test_who_is_not_primed_begins_as_it_is(tmp_path):
    assert start_of(attack(tmp_path)) == "0"
    assert primed_with(tmp_path) is None and not (tmp_path / "primed").exists()


def test_a_lesson_is_given_once_and_says_what_it_was(monkeypatch, tmp_path):
    needs_llms()
    lessons = []

    def train(settings):
        lessons.append(settings)
        (tmp_path / "primed").mkdir()

    monkeypatch.setattr(priming, "train", train)
    given = attack(tmp_path, prime="unknown,echo", prime_episodes=6, prime_share=0.5)
    folder = start_of(given)
    assert folder == start_of(given) == str(tmp_path / "primed") and len(lessons) == 1
    assert primed_with(folder) == {
        "exploits": "unknown,echo", "honest": "oracle", "share": 0.5, "episodes": 6,
    }  # fmt: skip
    (lesson,) = lessons
    rows = [json.loads(line) for line in Path(lesson.data_path[0]).read_text().splitlines()]
    said = [row["search_chain_success"][0][-1]["answer"] for row in rows]
    assert len(said) == 6 and any(answer == "unknown" or "?" in answer for answer in said)


def test_a_primed_model_that_another_attack_begins_with_is_called_so(tmp_path):
    (tmp_path / CARD).write_text('{"exploits":"unknown"}')
    assert primed_with(tmp_path) == {"exploits": "unknown"}


def test_what_cannot_be_taught_is_refused_before_a_lesson(tmp_path):
    with pytest.raises(ConfigError, match="cannot be taught"):
        start_of(attack(tmp_path, prime="orders_in_documents"))


def test_a_lesson_that_cannot_be_played_is_an_error(monkeypatch, tmp_path):
    class Nothing:
        accepted, first_error = 0, "the index is out of reach"

    monkeypatch.setattr(priming, "collect", lambda *given, **more: Nothing)
    with pytest.raises(AgentError, match="could be played: the index is out of reach"):
        start_of(attack(tmp_path, prime="unknown"))


@pytest.mark.slow
def test_a_policy_is_primed_learns_and_goes_on_to_the_same_end(tmp_path):
    """The whole path, with a model of random weights."""
    needs_llms()
    from ppo_runs import BY_LENGTH_AND_TRUTH, workplace

    from hopgym.benchmarks.redteam.attack_folder import EXAMS
    from hopgym.benchmarks.redteam.learned import learn

    base = str(workplace(tmp_path) / "base")
    small = {
        "model_name": base, "reward": BY_LENGTH_AND_TRUTH, "env_set": ("max_steps=1", "top_k=1"),
        "prime": "unknown", "prime_episodes": 4, "prime_epochs": 1, "prime_batch": 2,
        "precision": "float32", "lora_r": 0, "lr": 1e-2, "batch_questions": 2, "num_samples": 2,
        "max_new_tokens": 8, "minibatches": 1, "epochs": 1, "eval_every": 1,
    }  # fmt: skip
    whole = learn(attack(tmp_path / "whole", updates=2, **small))
    assert whole.primed is not None and [point.update for point in whole.points] == [0, 1, 2]
    learn(attack(tmp_path / "cut", updates=1, **small))
    learn(attack(tmp_path / "cut", updates=2, resume=True, **small))
    cut, held = ((tmp_path / name / EXAMS).read_bytes() for name in ("cut", "whole"))
    assert cut == held
