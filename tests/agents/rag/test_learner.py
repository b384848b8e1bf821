from dataclasses import replace

import pytest
from rag_runs import copied, examples, learner, same, settings
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.team import Team  # noqa: E402
from hopgym.agents.rag.learner import _alone  # noqa: E402
from hopgym.core import Document  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402


def step(made, given, count=4, batches=1, number=0):
    rows = examples(given)[: count * batches]
    return made.step([rows[n * count : (n + 1) * count] for n in range(batches)], number)


def moved(before, module):
    after = copied(module)
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.mark.parametrize("variant", ["token", "sequence"])
def test_a_step_trains_all_three_parts_by_the_answers_alone(tmp_path, variant):
    given = settings(tmp_path, ret_loss_weight=0.0, variant=variant, warmup_steps=0)
    made = learner(given)
    parts = (made.model.towers.question, made.model.towers.context, made.model.generator)
    before = [copied(part) for part in parts]
    told = step(made, given)
    assert told.keys() == {"loss", "gen_loss", "ret_loss", "recall", "renewed"}
    assert told["loss"] == told["gen_loss"] and told["ret_loss"] == 0
    assert all(moved(*each) for each in zip(before, parts, strict=True))


@pytest.mark.parametrize(
    ("changes", "trained"),
    [
        ({"freeze_retriever": True}, (False, False, True)),
        ({"train_context_encoder": False}, (True, False, True)),
        ({"variant": "fid"}, (True, True, True)),
    ],
    ids=str,
)
def test_what_is_frozen_stays(tmp_path, changes, trained):
    given = settings(tmp_path, warmup_steps=0, **changes)
    made = learner(given)
    parts = (made.model.towers.question, made.model.towers.context, made.model.generator)
    before = [copied(part) for part in parts]
    step(made, given)
    assert tuple(bool(moved(*each)) for each in zip(before, parts, strict=True)) == trained


def test_a_frozen_retriever_is_asked_once(tmp_path, monkeypatch):
    given = settings(tmp_path, freeze_retriever=True)
    made = learner(given)
    first = made.retrieve(["Who?", "Where?"])
    monkeypatch.setattr(made.index, "retrieve", lambda questions: pytest.fail("asked again"))
    assert made.retrieve(["Where?", "Who?"]) == first[::-1]


def test_two_batches_are_one_step_of_their_mean(tmp_path):
    """Accumulated gradients are those of the whole, each batch by its number of questions."""
    given = settings(tmp_path, ret_loss_weight=0.0, warmup_steps=0)
    rows = examples(given)[:6]
    whole, parts = learner(given), learner(given)
    told = [parts._add(rows[:4], 4 / 6, (0, 0)), parts._add(rows[4:], 2 / 6, (0, 1))]
    both = parts.model.generator.model.shared.weight.grad.clone()
    singles = []
    for some in (rows[:4], rows[4:]):
        whole.model.zero_grad()
        whole._add(some, 1.0, (0, 0))
        singles.append(whole.model.generator.model.shared.weight.grad.clone())
    torch.testing.assert_close(both, singles[0] * 4 / 6 + singles[1] * 2 / 6)
    whole.model.zero_grad()
    figures = learner(given).step([rows[:4], rows[4:]], 0)
    mean = (told[0]["loss"] * 4 + told[1]["loss"] * 2) / 6
    assert figures["loss"] == pytest.approx(mean)


def test_a_right_passage_is_read_alone_at_first(tmp_path, monkeypatch):
    a, b, c = (Document(name, "", name) for name in "abc")
    assert _alone([a, b], [c, b]) == [c] and _alone([a, b], []) == [a, b]
    given = settings(tmp_path, gold_steps=1)
    made, seen = learner(given), []
    monkeypatch.setattr(made.index, "retrieve", lambda questions: [[a]] * len(questions))
    loss = made.model.loss
    monkeypatch.setattr(made.model, "loss", lambda batch: seen.append(batch) or loss(batch))
    for number in (0, 1):
        told = step(made, given, number=number)
        assert told["recall"] == 0
    assert seen[0].retrieved == [[row[0]] for row in seen[0].positives]
    assert seen[1].retrieved == [[a]] * 4


def test_the_rate_rises_and_falls(tmp_path):
    given = settings(tmp_path, warmup_steps=2, retriever_lr=1e-3)
    made, rates = learner(given, total=4), []
    for number in range(4):
        rates.append(made.rate)
        step(made, given, count=1, number=number)
    assert rates == pytest.approx([0, 1.5e-3, 3e-3, 1.5e-3]) and made.rate == 0
    groups = {group["initial_lr"] for group in made._adam.param_groups}
    assert groups == {1e-3, 3e-3}


def test_no_decay_of_biases_and_norms(tmp_path):
    for group in learner(settings(tmp_path))._adam.param_groups:
        wide = {weights.ndim > 1 for weights in group["params"]}
        assert wide == ({True} if group["weight_decay"] else {False})


class Broken(Team):
    """Says that a gradient is no number."""

    def add_gradients(self, weights):
        weights[0].grad.fill_(float("nan"))


def test_what_is_no_number_changes_nothing_and_is_told(tmp_path, monkeypatch):
    given = settings(tmp_path)
    made = learner(given, Broken())
    before = copied(made.model)
    with pytest.raises(AgentError, match=r"A gradient is no finite number\. Give a lower learning"):
        step(made, given)
    monkeypatch.setattr(
        made.model, "loss", lambda batch: {"loss": torch.tensor(float("nan"), requires_grad=True)}
    )
    with pytest.raises(AgentError, match="The loss is no finite number"):
        step(made, given)
    assert same(copied(made.model), before)


def test_half_precision_trains(tmp_path):
    given = settings(tmp_path, warmup_steps=0)
    made = learner(given, precision="bfloat16")
    before = copied(made.model.generator)
    assert step(made, given)["loss"] > 0 and moved(before, made.model.generator)
    assert {weights.dtype for weights in made.weights} == {torch.float32}


def test_all_that_is_remembered_is_restored(tmp_path):
    given = settings(tmp_path)
    made, again = learner(given), learner(replace(given, seed=0))
    step(made, given)
    made.save(tmp_path)
    again.model.load_state_dict(made.model.state_dict())
    again.restore(tmp_path)
    assert again.rate == made.rate and again.index.encoded_at == made.index.encoded_at
    for each in (made, again):
        step(each, given, number=1)
    assert same(copied(made.model), copied(again.model))
