import pytest
from rag_runs import copied, same, settings
from tiny_llms import needs_llms

needs_llms()

from hopgym.agents.rag.building import new_model, old_model  # noqa: E402
from hopgym.agents.rag.data import read_data  # noqa: E402
from hopgym.agents.rag.saving import save_rag  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def made(folder, **changes):
    given = settings(folder, **changes)
    return new_model(given, read_data(given), "cpu")


def test_the_settings_are_the_model_s(tmp_path):
    model = made(tmp_path, variant="sequence", temperature=3.0, ret_loss_weight=0.5)
    assert (model.variant, model.n_docs, model.ret_loss_weight) == ("sequence", 2, 0.5)
    assert model.towers.temperature == 3.0 and model.towers.train_context
    assert (model.generator.max_input_tokens, model.generator.max_answer_tokens) == (64, 12)
    assert model.towers.question.tokenizer.get_vocab() == model.generator.tokenizer.get_vocab()


def test_seeds_and_what_is_trained(tmp_path):
    one, other = (made(tmp_path, seed=seed) for seed in (0, 1))
    assert not same(copied(one.generator), copied(other.generator))
    frozen = made(tmp_path, freeze_retriever=True, gradient_checkpointing=True)
    assert not any(w.requires_grad for w in frozen.towers.parameters())
    assert all(w.requires_grad for w in frozen.generator.parameters())
    assert frozen.ret_loss_weight == 0 and frozen.generator.model.is_gradient_checkpointing


def test_a_checkpoint_is_taken_up_as_the_settings_say(tmp_path):
    model = made(tmp_path, train_context_encoder=False)
    save_rag(model, tmp_path / "kept", {})
    given = settings(tmp_path, train_context_encoder=False, ret_loss_weight=2.0)
    again = old_model(given, tmp_path / "kept", "cpu")
    assert same(copied(model), copied(again)) and again.ret_loss_weight == 2.0
    assert not again.towers.train_context


def test_a_model_that_is_not_here_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no/such"):
        made(tmp_path, generator_model="no/such")
