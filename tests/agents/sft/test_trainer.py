import pytest
from sft_runs import settings, workplace

from hopgym.agents.expert.encoding import IGNORED
from hopgym.agents.sft.data import read_data
from hopgym.agents.sft.trainer import Counted, make_trainer, steps_of_epoch
from hopgym.agents.training.folder import RunFolder
from hopgym.agents.training.policy import load_policy
from hopgym.agents.training.surroundings import undisturbed

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("trainer"), 6)


def made(place, tmp_path, **changes):
    given = settings(place, **changes)
    policy = load_policy(given)
    data = read_data(given, policy.tokenizer)
    with undisturbed():
        return make_trainer(given, policy, data, RunFolder(tmp_path)), data


def test_the_trainer_sees_the_sequences_as_they_are(place, tmp_path):
    trainer, data = made(place, tmp_path, batch_size=6)
    (batch,) = trainer.get_train_dataloader()
    seen = []
    for ids, labels, mask in zip(
        batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True
    ):
        length = int(mask.sum())
        assert labels[length:].tolist() == [IGNORED] * (len(labels) - length)
        seen.append((ids[:length].tolist(), labels[:length].tolist()))
    assert sorted(seen) == sorted(tuple(row) for row in data.encoded.rows)


@pytest.mark.parametrize("changes", [{}, {"lora_r": 4}, {"gradient_checkpointing": True}])
def test_the_loss_is_the_mean_over_the_tokens_to_learn(place, tmp_path, changes):
    trainer, _ = made(place, tmp_path, batch_size=6, **changes)
    (batch,) = trainer.get_train_dataloader()
    batch = dict(batch)
    with torch.no_grad():
        loss = trainer.compute_loss(trainer.model.eval(), dict(batch))
        labels = batch.pop("labels")
        logits = trainer.model(**batch).logits[:, :-1]
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
    )
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_only_the_adapter_learns_where_there_is_one(place, tmp_path):
    trainer, _ = made(place, tmp_path, lora_r=4, gradient_checkpointing=True)
    learning = [n for n, weights in trainer.model.named_parameters() if weights.requires_grad]
    assert learning and all("lora_" in name for name in learning)
    whole, _ = made(place, tmp_path)
    assert all(weights.requires_grad for weights in whole.model.parameters())


def test_the_settings_reach_the_trainer(place, tmp_path):
    trainer, _ = made(
        place, tmp_path, lr=0.5, warmup_ratio=0.25, epochs=2, seed=7, max_grad_norm=0.1,
        gradient_checkpointing=True, lr_scheduler="linear", weight_decay=0.2,
    )  # fmt: skip
    args = trainer.args
    assert (args.learning_rate, args.num_train_epochs, args.seed) == (0.5, 2, 7)
    assert (args.max_grad_norm, args.weight_decay, args.save_total_limit) == (0.1, 0.2, None)
    assert args.gradient_checkpointing and args.lr_scheduler_type == "linear"
    assert args.get_warmup_steps(100) == 25
    assert args.report_to == [] and args.output_dir == str(tmp_path / "checkpoints")


@pytest.mark.parametrize("sequences, processes, steps", [(16, 1, 4), (17, 1, 5), (16, 2, 2)])
def test_an_epochs_steps_are_those_of_the_trainer(place, sequences, processes, steps):
    assert steps_of_epoch(settings(place), sequences, processes) == steps


def test_a_resumed_run_counts_on(place, tmp_path):
    trainer, _ = made(place, tmp_path)
    (counted,) = [one for one in trainer.callback_handler.callbacks if isinstance(one, Counted)]
    trainer.state.log_history = [{"num_tokens": 7.0, "step": 1}, {"train_runtime": 1.0}]
    counted.on_train_begin(trainer.args, trainer.state, trainer.control)
    assert trainer._total_train_tokens == 7
    batch = next(iter(trainer.get_train_dataloader()))
    tokens = int(batch["attention_mask"].sum())
    trainer.compute_loss(trainer.model.train(), batch)
    assert trainer._metrics["train"]["num_tokens"] == [7 + tokens]
