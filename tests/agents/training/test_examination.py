import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms
from toy import ToyQuestions, ToyRetriever

from hopgym.agents.training.examination import Examination, Mark, Marks
from hopgym.envs.datasets import make_questions
from hopgym.errors import AgentError, ConfigError, UnknownNameError

needs_llms()
import torch  # noqa: E402


def toy(**changes):
    given = {"question_set": ToyQuestions(), "split": "train", "max_new_tokens": 8}
    return Examination(**{"env_kwargs": {"retriever": ToyRetriever()}, **given, **changes})


def test_a_model_is_played_greedily_and_left_as_it_was():
    model = causal_lm().train()
    before = torch.get_rng_state()
    first = toy().play(model, byte_tokenizer())
    assert first == toy(num_envs=1).play(model, byte_tokenizer())
    assert first["em"] == first["format_adherence"] == 0.0
    assert model.training and torch.equal(before, torch.get_rng_state())


def test_only_the_first_episodes_are_played():
    assert [job.question_id for job in toy(episodes=1).jobs()] == ["q1"]
    assert len(toy().jobs()) == 2


def test_what_does_not_exist_is_refused_before_training():
    with pytest.raises(UnknownNameError, match="environment"):
        toy(env_id="hopgym/Nope-v0")
    with pytest.raises(ConfigError, match="toy has no split 'dev'"):
        toy(split="dev")
    with pytest.raises(ConfigError, match=r"reports no metric 'right'; it reports .*em"):
        toy(metric="right").play(causal_lm(), byte_tokenizer())


def test_what_could_not_be_played_is_no_zero(monkeypatch):
    from hopgym.agents.rollout import Episode, Job

    def played(*errors):
        episodes = [
            Episode(Job("q"), None, 0.0, {}, {} if error else {"em": 1.0}, 0.0, error)
            for error in errors
        ]
        monkeypatch.setattr(
            "hopgym.agents.training.examination.rollout", lambda *a, **k: iter(episodes)
        )
        return toy().play(causal_lm(), byte_tokenizer())

    assert played("down", None) == {"em": 1.0}
    with pytest.raises(AgentError, match="No episode of the evaluation could be played: down"):
        played("down", "down")


def test_a_split_of_the_world_is_played():
    world = make_questions("world?entities=300&train=4&dev=3&test=0&hops=1")
    examination = Examination(question_set=world, max_new_tokens=4, episodes=2)
    assert set(examination.play(causal_lm(), byte_tokenizer())) >= {"em", "f1", "format_adherence"}


def marks(path, *scores, until=0):
    made = Marks(path, until)
    kept = [
        made.add(Mark(step=10 * n, epoch=n / 4, score=score, metrics={"em": score}))
        for n, score in enumerate(scores, 1)
    ]
    return made, kept


def test_the_best_is_kept_and_of_equals_the_last(tmp_path):
    made, kept = marks(tmp_path / "m", 0.0, 0.0, 0.5, 0.4, 0.5, 0.3)
    assert kept == [True, True, True, False, True, False]
    assert made.best.step == 50


@pytest.mark.parametrize(
    "scores, stale",
    [((), 0), ((0.0,) * 9, 0), ((0.0, 0.1), 0), ((0.1, 0.1, 0.1), 2), ((0.3, 0.2, 0.4, 0.4), 1)],
)
def test_what_is_no_better_is_stale_once_something_was_right(tmp_path, scores, stale):
    assert marks(tmp_path / "m", *scores)[0].stale == stale


def test_a_resumed_run_knows_the_marks_up_to_its_checkpoint(tmp_path):
    path = tmp_path / "m"
    made, _ = marks(path, 0.1, 0.9, 0.2)
    assert [mark.step for mark in Marks(path, 20).all] == [10, 20]
    assert Marks(path, 20).best == made.all[1]
    assert Marks(path, 10).all == made.all[:1]
    assert Marks(path, 0).all == []  # a new run
    assert path.read_bytes() == b""


def test_only_one_of_several_processes_writes(tmp_path):
    Marks(tmp_path / "m", writes=False).add(Mark(step=1, epoch=1.0, score=0.0))
    assert not (tmp_path / "m").exists()
