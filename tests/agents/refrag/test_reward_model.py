"""The learned reward: it learns to order pairs, and plays as a reward."""

import math

import pytest
import typer
from tiny_llms import byte_tokenizer, needs_llms
from typer.testing import CliRunner

from hopgym.agents.refrag import reward_model
from hopgym.agents.refrag.pairs import Pair
from hopgym.agents.refrag.reward_model import Taught, accuracy, train_reward_model
from hopgym.core import Question, Trajectory
from hopgym.errors import ConfigError, DataError
from hopgym.rewards.learned import LearnedReward, episode_text

needs_llms()
import torch  # noqa: E402

pytest.importorskip("trl")
torch.set_num_threads(1)


def episode(id, answer):
    question = Question(str(id), f"Who made film {id}?", ("Ada",))
    return question, Trajectory(str(id), "e", prediction=answer, outcome="answered")


def pairs(start, stop):
    good, bad = "Ada Orm", "I do not know"
    texts = [[episode_text(*episode(n, one)) for one in (good, bad)] for n in range(start, stop)]
    return [Pair(*two) for two in texts]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Return what came of a short training."""
    folder = tmp_path_factory.mktemp("scorer") / "out"
    return train_reward_model(pairs(0, 48), folder, held_out=pairs(60, 70), epochs=3, max_tokens=64)


def test_it_orders_questions_that_it_has_not_seen(taught) -> None:
    assert taught.pairs == 48 and taught.accuracy > 0.9
    swapped = [Pair(worse, better) for better, worse in pairs(60, 70)]
    assert accuracy(taught.folder, swapped) < 0.1


def test_it_plays_as_the_reward(taught) -> None:
    reward = LearnedReward(model=taught.folder)
    good, bad = reward.many([episode(99, "Ada Orm"), episode(99, "I do not know")])
    assert 0 <= bad.value < good.value <= 1


def test_nothing_global_is_drawn_from_and_the_seed_decides(tmp_path) -> None:
    before = torch.random.get_rng_state()
    for name in ("one", "two"):
        train_reward_model(pairs(0, 4), tmp_path / name, epochs=1, max_tokens=64, seed=5)
    assert torch.equal(torch.random.get_rng_state(), before)
    one, two = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("one", "two"))
    assert one == two


def test_no_pairs_and_no_model_are_told(tmp_path) -> None:
    assert math.isnan(accuracy(tmp_path, []))
    with pytest.raises(DataError, match="no question has two episodes with different marks"):
        train_reward_model([], tmp_path)
    with pytest.raises(ConfigError, match="no_such_model"):
        train_reward_model(pairs(0, 1), tmp_path, model="no_such_model")


def test_the_command_tells_how_good_it_is(monkeypatch, tmp_path) -> None:
    asked = []
    monkeypatch.setattr(reward_model, "play", lambda *args, **kw: asked.append((args, kw)) or [])
    monkeypatch.setattr(reward_model, "pairs_of", lambda episodes: pairs(0, 2))
    monkeypatch.setattr(
        reward_model, "train_reward_model", lambda p, out, **kw: Taught(out, len(p), 0.75)
    )
    app = typer.Typer()
    app.command()(reward_model.main)
    flags = ["--out", "scorer", "--agents", "a, b", "--set", "hops=3", "--episodes", "50"]
    done = CliRunner().invoke(app, flags)
    assert done.exit_code == 0, done.output
    assert "orders 75.0 % rightly" in done.output and "learned?model=scorer" in done.output
    assert [args[2] for args, _ in asked] == ["train", "dev"]
    assert asked[0][0][0] == ["a", "b"] and asked[0][1]["env_kwargs"] == {"hops": 3}
    assert [kw["episodes"] for _, kw in asked] == [50, 10]


def encoder(folder, kind, **config):
    """Write an encoder of random weights, with a tokenizer of bytes."""
    import transformers

    tokenizer = byte_tokenizer()
    shape = getattr(transformers, f"{kind.partition('For')[0].removesuffix('Model')}Config")(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, pad_token_id=tokenizer.pad_token_id, **config,
    )  # fmt: skip
    getattr(transformers, kind)(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_an_episode_is_read_as_far_as_is_asked_for_and_the_model_can(tmp_path, monkeypatch) -> None:
    long = [Pair("good " + "x " * 200, "bad " + "y " * 200)] * 2
    roberta = encoder(tmp_path / "roberta", "RobertaModel", max_position_embeddings=66)
    bert = encoder(tmp_path / "bert", "BertModel", max_position_embeddings=512)
    made, seen = reward_model._trainer, []
    monkeypatch.setattr(reward_model, "_trainer", lambda *args: seen.append(args[4]) or made(*args))
    for model, most in ((roberta, 512), (bert, 32), ("small", 32)):
        train_reward_model(long, tmp_path / "out", model=model, epochs=1, max_tokens=most)
    assert seen == [64, 32, 32]


def test_a_model_that_cannot_score_is_told(tmp_path) -> None:
    two = encoder(tmp_path / "two", "BertForSequenceClassification", num_labels=2)
    for model in (two, "tiny"):
        with pytest.raises(ConfigError, match="could not be loaded as a scorer"):
            train_reward_model(pairs(0, 1), tmp_path / "out", model=model)


def test_what_the_command_cannot_do_is_told_in_a_sentence(tmp_path) -> None:
    app = typer.Typer()
    app.command()(reward_model.main)
    for flags, told in (
        (["--agents", "nobody"], "Unknown agent 'nobody'"),
        (["--agents", "single_shot", "--set", "split=test"], "'split' cannot be set by --set"),
    ):
        done = CliRunner().invoke(app, ["--out", str(tmp_path), *flags])
        assert done.exit_code == 1 and told in done.output
