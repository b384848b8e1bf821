import pytest
from grpo_runs import DAG, SEARCH_READ, SELECTIVE, Poisoned, Writer, trainer_of, writes
from tiny_llms import needs_llms

needs_llms()
pytest.importorskip("trl")

from hopgym.agents.grpo.bridge import Bridge  # noqa: E402
from hopgym.agents.grpo.player import Player  # noqa: E402
from hopgym.agents.llm.prompts import Prompts  # noqa: E402
from hopgym.errors import ConfigError, UnknownNameError  # noqa: E402
from hopgym.rewards import Composite  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def player(env=DAG, num_envs=4, **kwargs):
    kwargs = {"questions": Poisoned(), "split": "train", **kwargs}
    return Player(
        env, kwargs, "q0", prompts=Prompts(), max_new_tokens=64, context=None, num_envs=num_envs
    )


@pytest.fixture
def trainer(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=2))
    trainer = trainer_of(tmp_path, Bridge(DAG, questions=Poisoned()))
    trainer.model.train()
    return trainer


def test_each_occurrence_of_a_question_is_a_sample_of_its_own_in_the_order_asked(trainer):
    ids = ["q1", "q0", "q1", "q2", "q1"]
    told = player().play(trainer, ids, (0, "x"))
    assert [tuple(rollout.episode.job) for rollout in told] == [
        ("q1", 0), ("q0", 0), ("q1", 1), ("q2", 0), ("q1", 2),
    ]  # fmt: skip
    again = player(num_envs=1).play(trainer, ids, (0, "x"))
    assert [r.tokens.ids for r in again] == [r.tokens.ids for r in told]


def test_it_knows_what_ends_a_turn_and_what_the_terms_weigh():
    assert player().stop.strings == ("</search>", "</answer>")
    curriculum = player(curriculum_steps=5)
    assert curriculum.schedule.weights(4)["format"] == 0.4 and curriculum.schedule.jumps(5)
    assert player(SEARCH_READ, reward="em").schedule.weights(3) == {}
    schedule = Composite({"em": "em"}, {"em": lambda step: min(step, 3) / 3})
    found = player(SEARCH_READ, reward=schedule).schedule.weights(1)
    assert found == {"em": pytest.approx(1 / 3)}


def test_a_retriever_out_of_reach_is_an_error_of_episodes_alone(trainer):
    told = player(retriever=SELECTIVE).play(trainer, ["q0", "q1", "q2"] * 8, (0,))
    failed = [rollout.tokens is None for rollout in told]
    assert 0 < sum(failed) < 24
    assert failed == ["out of reach" in (rollout.episode.error or "") for rollout in told]


def test_what_cannot_be_played_is_refused():
    with pytest.raises(UnknownNameError, match="hopgym/Nope-v0"):
        player("hopgym/Nope-v0")
    with pytest.raises(ConfigError, match="num_envs is 0"):
        player(num_envs=0)
