import pytest
from grpo_runs import DAG, SELECTIVE, Poisoned, Writer, trainer_of, writes
from tiny_llms import needs_llms

from hopgym.agents.grpo.scored import where_scored


@where_scored
def longer(completion_ids, **columns):
    """Pay length, also of what was never played."""
    return [float(len(ids)) for ids in completion_ids]


def test_it_has_no_say_where_there_is_no_score_and_keeps_its_name():
    told = longer(completion_ids=[[1], [1, 2], [1]], episode_reward=[0.0, None, -1.0])
    assert told == [1.0, None, 1.0] and longer.__name__ == "longer"


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_trl_leaves_a_failed_episode_out_of_its_group(tmp_path, monkeypatch):
    needs_llms()
    trl = pytest.importorskip("trl")
    from hopgym.agents.grpo.bridge import Bridge

    writes(monkeypatch, Writer(rubbish=0))
    kwargs = {"retriever": SELECTIVE}
    bridge = Bridge(DAG, questions=Poisoned(), env_kwargs=kwargs, num_envs=16)
    made = trainer_of(tmp_path, bridge)
    trainer = trl.GRPOTrainer(
        model=made.model, reward_funcs=[bridge.reward, longer], args=made.args,
        train_dataset=bridge.dataset(), processing_class=made.processing_class, rollout_func=bridge,
    )  # fmt: skip
    trainer.model.train()
    inputs = [dict(row) for row in trainer.train_dataset for _ in range(2)]
    batch = trainer._generate_and_score_completions(inputs)
    failed = [row["episode_reward"] is None for row in inputs]
    assert 0 < sum(failed) < len(inputs)
    assert not batch["advantages"][[n for n, f in enumerate(failed) if f]].any()
