import pytest
from grpo_runs import DAG, Poisoned, Writer, trainer_of, writes
from tiny_llms import needs_llms

needs_llms()
torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from hopgym.agents.grpo.bridge import Bridge  # noqa: E402
from hopgym.agents.grpo.rows import Row  # noqa: E402
from hopgym.agents.grpo.watch import MOST_ROWS, Watch, mean_logprobs  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")

BETTER = Row([5, 6, 7], [8, 9, 10, 11], [1, 1, 0, 1], [0.0] * 4)
WORSE = Row([5, 6, 7], [12, 13], [1, 1], [0.0] * 2)


@pytest.fixture
def trainer(tmp_path):
    trainer = trainer_of(tmp_path, Bridge(DAG, questions=Poisoned()))
    trainer.model.train()
    return trainer


def likelier(trainer, row, sign=1.0):
    """Take a step that makes a row likelier, or less likely."""
    ids = torch.tensor([row.prompt_ids + row.completion_ids])
    logs = trainer.model(input_ids=ids).logits.log_softmax(-1)[0, len(row.prompt_ids) - 1 : -1]
    own = logs[range(len(row.completion_ids)), row.completion_ids] * torch.tensor(row.env_mask)
    (-sign * own.sum()).backward()
    with torch.no_grad():
        for weights in trainer.model.parameters():
            weights -= 1e-3 * (weights.grad if weights.grad is not None else 0)
    trainer.model.zero_grad()


def test_it_reads_the_agents_tokens_alone(trainer):
    ids = torch.tensor([BETTER.prompt_ids + BETTER.completion_ids])
    with torch.no_grad():
        logs = trainer.model.eval()(input_ids=ids).logits.log_softmax(-1)
    places = [(2, 8), (3, 9), (5, 11)]
    expected = sum(float(logs[0, place, token]) for place, token in places) / 3
    assert mean_logprobs(trainer, [BETTER]) == [pytest.approx(expected, abs=1e-5)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_tells_which_way_the_better_episodes_moved(trainer, sign):
    watch = Watch(1)
    watch.before(trainer, [BETTER, WORSE], [0.5, -0.5])
    likelier(trainer, BETTER, sign)
    told = watch.after(trainer)
    assert told["likelihood_shift"] * sign > 0
    assert told["displaced_share"] == (sign < 0)
    assert watch.after(trainer) == {}
    assert trainer.model.training


def test_it_looks_at_some_batches_and_never_where_it_is_off(trainer):
    watch, never = Watch(2), Watch(0)
    looked = []
    for _ in range(4):
        watch.before(trainer, [BETTER], [1.0])
        never.before(trainer, [BETTER], [1.0])
        looked.append(bool(watch.after(trainer)))
        assert never.after(trainer) == {}
    assert looked == [True, False, True, False]


def test_rows_without_loss_and_beyond_the_most_are_not_read(trainer):
    watch = Watch(1)
    masked = BETTER._replace(env_mask=[0, 0, 0, 0])
    watch.before(trainer, [masked, *[BETTER] * (MOST_ROWS + 3)], [1.0] * (MOST_ROWS + 4))
    assert watch._rows == [BETTER] * MOST_ROWS
    watch.before(trainer, [masked], [1.0])
    assert watch.after(trainer) == {}


def test_a_bridge_tells_it_with_the_next_batch(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=2))
    bridge = Bridge(DAG, questions=Poisoned(), watch_every=1)
    trainer = trainer_of(tmp_path, bridge, max_steps=3, learning_rate=1e-3, logging_steps=1)
    trainer.train()
    shifts = [line for line in trainer.state.log_history if "likelihood_shift" in line]
    assert shifts and shifts[0]["step"] == 2


def test_a_number_below_none_is_refused():
    with pytest.raises(ConfigError, match="watch_every is -1"):
        Watch(-1)
