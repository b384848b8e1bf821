"""A reward that is learnt from episodes: better against worse, of one question.

    python -m hopgym.agents.refrag.reward_model --out runs/scorer --agents MODEL,single_shot

Agents play questions; of two episodes of one question, the one with the higher mark is to get the
higher score (Bradley and Terry 1952, as Ouyang et al. 2022, arXiv 2203.02155, section 3.5: the loss
is -log sigmoid(better - worse)), by TRL's `RewardTrainer`. The model reads `episode_text`, which has
no gold, and is played as the reward `learned?model=FOLDER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from ...envs.keywords import read_keywords
from ...errors import ConfigError, DataError, HopgymError, require
from ...retrieval.encoders.models import SAFE
from ...rewards.classifier import Classifier, positions_of
from ..llm.loading import check_model, load_tokenizer
from ..training.surroundings import quiet, undisturbed
from .pairs import Pair, pairs_of, play

SMALL = "small"
"""As a model: a fresh BERT of about a million parameters with the tokenizer of `tiny`."""


_TAKEN = {"questions": "use --questions", "split": "train and dev are played"}


class Taught(NamedTuple):
    """What came of a training."""

    folder: Path
    pairs: int
    accuracy: float
    """The share of held-out pairs that it orders rightly; NaN where none were given."""


def train_reward_model(
    pairs: Sequence[Pair],
    folder: str | Path,
    *,
    held_out: Sequence[Pair] = (),
    model: str = SMALL,
    epochs: int = 2,
    batch_size: int = 16,
    lr: float = 3e-4,
    max_tokens: int = 512,
    seed: int = 0,
) -> Taught:
    """Train a scorer, and save it as the reward `learned` reads it.

    Args:
        pairs: What it learns from.
        folder: Where it goes.
        held_out: Pairs of other questions, to tell how good it is.
        model: The folder of an encoder or a sequence classifier, a name at the hub, or `small`.
        epochs: Times through the pairs.
        batch_size: Pairs of an optimiser step.
        lr: Learning rate.
        max_tokens: Tokens of an episode that are read, from its start; at most as many as the model
            can. Give the reward `learned` the same.
        seed: Of fresh weights and the order.

    Raises:
        ConfigError: If there is no such model, or it cannot score texts.
        DataError: If there are no pairs.
    """
    if not pairs:
        raise DataError(
            "There are no pairs: no question has two episodes with different marks. Let more agents "
            "play it, or agents that are neither always right nor always wrong."
        )
    with undisturbed(), quiet():
        network, tokenizer = _network(model, max_tokens, seed)
        most = min(max_tokens, tokenizer.model_max_length, positions_of(network))
        trainer = _trainer(
            network, tokenizer, pairs, Path(folder), most, epochs, batch_size, lr, seed
        )
        trainer.train()
        trainer.save_model(str(folder))
    tokenizer.save_pretrained(folder)
    return Taught(Path(folder), len(pairs), accuracy(folder, held_out, max_tokens))


def accuracy(folder: str | Path, pairs: Sequence[Pair], max_tokens: int = 512) -> float:
    """Return the share of pairs whose better episode a scorer scores higher; NaN for no pairs."""
    if not pairs:
        return float("nan")
    scorer = Classifier(folder, max_tokens=max_tokens)
    better, worse = (
        [row[0] for row in scorer.logits(list(texts))] for texts in zip(*pairs, strict=True)
    )
    return sum(b > w for b, w in zip(better, worse, strict=True)) / len(pairs)


def _network(model: str, max_tokens: int, seed: int) -> tuple[Any, Any]:
    torch, library = require("torch", "llm"), require("transformers", "llm")
    torch.manual_seed(seed)
    if model != SMALL:
        return _loaded(check_model(model))
    tokenizer = load_tokenizer(check_model("tiny"))
    shape = library.BertConfig(
        vocab_size=len(tokenizer), hidden_size=128, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=256, max_position_embeddings=max(512, max_tokens), num_labels=1,
        pad_token_id=tokenizer.pad_token_id, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return library.BertForSequenceClassification(shape), tokenizer


def _loaded(folder: Path) -> tuple[Any, Any]:
    library, tokenizer = require("transformers", "llm"), load_tokenizer(folder)
    try:
        network = library.AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=1, use_safetensors=True, **SAFE
        )
    except Exception as error:  # of any kind: a bad folder makes the library raise its own
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{folder} could not be loaded as a scorer ({type(error).__name__}: {reason:.200}). Give "
            "an encoder such as BERT, a classifier with one output, or small."
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if network.config.pad_token_id is None:  # a causal model looks for its last
        network.config.pad_token_id = tokenizer.pad_token_id
    return network, tokenizer


def _trainer(network: Any, tokenizer: Any, pairs: Sequence[Pair], folder: Path, *dials: Any) -> Any:
    most, epochs, batch_size, lr, seed = dials
    trl, datasets = require("trl", "llm"), require("datasets", "llm")
    told = {"truncation": True, "max_length": most}
    rows = {
        "chosen_ids": tokenizer([pair.better for pair in pairs], **told)["input_ids"],
        "rejected_ids": tokenizer([pair.worse for pair in pairs], **told)["input_ids"],
    }
    on_gpu = require("torch", "llm").cuda.is_available()
    args = trl.RewardConfig(
        output_dir=str(folder), num_train_epochs=epochs, per_device_train_batch_size=batch_size,
        learning_rate=lr, lr_scheduler_type="linear", warmup_steps=0.1, seed=seed, bf16=on_gpu,
        gradient_checkpointing=False, report_to=[], save_strategy="no", disable_tqdm=True,
        max_length=most, center_rewards_coefficient=0.01, use_cpu=not on_gpu,
    )  # fmt: skip
    trainer = trl.RewardTrainer(
        network, args, train_dataset=datasets.Dataset.from_dict(rows), processing_class=tokenizer
    )
    trainer.remove_callback(require("transformers", "llm").PrinterCallback)
    return trainer


def main(
    out: Annotated[Path, typer.Option(help="Where the scorer goes.")],
    agents: Annotated[str, typer.Option(help="Who plays, separated by commas.")],
    questions: Annotated[str, typer.Option(help="What they play.")] = "world",
    metric: Annotated[str, typer.Option(help="What is better: a metric, or reward.")] = "em",
    episodes: Annotated[int, typer.Option(help="Questions of the train split.", min=1)] = 1000,
    model: Annotated[str, typer.Option(help="A folder, a name at the hub, or small.")] = SMALL,
    epochs: Annotated[int, typer.Option(help="Times through the pairs.", min=1)] = 2,
    env: Annotated[str, typer.Option(help="The environment.")] = "hopgym/RAG-v0",
    env_set: Annotated[list[str] | None, typer.Option("--set", help="Its keywords.")] = None,
) -> None:
    """Train a scorer on what agents play, and tell how well it orders held-out episodes."""
    names = [name.strip() for name in agents.split(",") if name.strip()]
    game: dict[str, Any] = {"env_id": env, "metric": metric}
    try:
        game["env_kwargs"] = read_keywords(env_set or (), _TAKEN)
        pairs, held_out = (
            pairs_of(play(names, questions, split, episodes=most, **game))
            for split, most in (("train", episodes), ("dev", max(1, episodes // 5)))
        )
        told = train_reward_model(pairs, out, held_out=held_out, model=model, epochs=epochs)
    except HopgymError as error:
        Console(stderr=True).print(f"Error: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    Console().print(
        f"Wrote {told.folder}: {told.pairs} pairs; of {len(held_out)} held-out ones it orders "
        f"{100 * told.accuracy:.1f} % rightly. Pay it by --reward 'learned?model={told.folder}'.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
