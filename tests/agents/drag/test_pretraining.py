import pytest
from drag_runs import noise, pretraining, world_cases

torch = pytest.importorskip("torch")

from hopgym.agents.drag.judging import judge  # noqa: E402
from hopgym.agents.drag.losses import retrieval_loss  # noqa: E402

CASES = world_cases(count=12)


def test_the_loss_is_that_of_the_logits(tmp_path):
    phase = pretraining(tmp_path, rho=0.4, margin=2.0, pos_weight=3.0)
    loss = phase.losses(CASES, noise(3))["loss"]
    batch = phase.parts.batch(CASES)
    expected = retrieval_loss(
        phase.parts.retriever(batch).logits, batch.labels, batch.owners,
        rho=0.4, margin=2.0, pos_weight=3.0, generator=noise(3),
    )  # fmt: skip
    assert torch.equal(loss, expected)
    other = pretraining(tmp_path, rho=1.0).losses(CASES, noise(3))["loss"]
    assert not torch.equal(other, loss)


@pytest.mark.parametrize("scorer", ["drag", "drag+dde", "mlp"])
def test_it_learns_what_is_gold(tmp_path, scorer):
    phase = pretraining(tmp_path, total=40, scorer=scorer, k_facts=2)
    before = judge(phase.parts, CASES)
    losses = [phase.step(CASES, noise(n))["loss"] for n in range(40)]
    after = judge(phase.parts, CASES)
    assert sum(losses[-4:]) < 0.5 * sum(losses[:4])
    assert after["fact_f1"] > before["fact_f1"] + 0.3 and after["fact_recall"] > 0.8


def test_in_half_the_numbers_the_weights_stay_whole(tmp_path):
    phase = pretraining(tmp_path, retriever_dtype="bfloat16")
    losses = [phase.step(CASES, noise(n))["loss"] for n in range(20)]
    assert losses[-1] < losses[0]
    assert {weight.dtype for weight in phase.parts.retriever.parameters()} == {torch.float32}
    assert phase.parts.score(CASES).logits.dtype == torch.float32


def test_it_trains_the_retriever_and_nothing_else(tmp_path):
    phase = pretraining(tmp_path)
    (group,) = phase.groups()
    assert len(group["params"]) == len(list(phase.parts.retriever.parameters()))
    assert phase.metric == "fact_f1" and group["lr"] == 1e-2
    phase.parts.score(CASES)
    phase.train_mode()
    assert phase.parts.retriever.training
