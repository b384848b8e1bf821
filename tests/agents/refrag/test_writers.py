"""Writers: causal and sequence-to-sequence models continue a text and say how sure they were."""

import numpy as np
import pytest
from tiny_llms import CHAT, byte_tokenizer, needs_llms, save_causal_lm

from hopgym.agents.model_folder import write_model_folder
from hopgym.agents.refrag.writers import CausalWriter, PolicyWriter, Seq2SeqWriter, make_writer

needs_llms()
import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture
def seq2seq(tmp_path):
    """Return the folder of a T5 of random weights."""
    transformers = pytest.importorskip("transformers")
    tokenizer = byte_tokenizer()
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=2,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.T5ForConditionalGeneration(config).save_pretrained(tmp_path / "t5")
    tokenizer.save_pretrained(tmp_path / "t5")
    return tmp_path / "t5"


def test_the_likeliest_text_is_the_models_own(tmp_path) -> None:
    folder = save_causal_lm(tmp_path / "lm")
    writer = CausalWriter(folder, 6, "cpu")
    written = writer.write("Where was", ())
    assert written == writer.write("Where was", ()) and 0 < written.certainty <= 1
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.eos_token_id = None
    ids = torch.tensor([writer.tokenizer.encode("Where was", add_special_tokens=False)])
    made = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=6, do_sample=False
    )
    logps = model(made).logits.log_softmax(-1)[0, ids.shape[1] - 1 : -1]
    own = logps.gather(1, made[0, ids.shape[1] :, None]).mean().exp().detach()
    assert written.certainty == pytest.approx(float(own), rel=1e-4)


def test_what_is_sampled_follows_its_stream(tmp_path) -> None:
    writer = CausalWriter(save_causal_lm(tmp_path / "lm", seed=1), 12, "cpu")
    drawn = [writer.write("Vel", (), np.random.default_rng(n)).text for n in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_chat_is_asked_in_its_template(tmp_path) -> None:
    writer = CausalWriter(save_causal_lm(tmp_path / "lm", chat_template=CHAT), 2, "cpu")
    ids = writer._encoded("Who?")
    assert writer.tokenizer.decode(ids) == (
        "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_policy_is_asked_as_it_was_trained(tmp_path) -> None:
    folder = save_causal_lm(tmp_path / "lm")
    write_model_folder(folder, "llm", {"prompt": "plain", "instructions": True})
    writer = PolicyWriter(folder, 2, "cpu")
    told = writer.tokenizer.decode(writer._encoded("Question: Who?"))
    assert told.startswith("Answer the question from the documents shown.")
    assert told.endswith("Question: Who?\n")


def test_a_sequence_to_sequence_model_writes_and_disturbs_nothing(seq2seq) -> None:
    writer = make_writer(seq2seq, 5, "cpu")
    assert isinstance(writer, Seq2SeqWriter)
    before = torch.random.get_rng_state()
    written = writer.write("Who?", ())
    drawn = [writer.write("Who?", (), np.random.default_rng(3)) for _ in range(2)]
    assert drawn[0] == drawn[1] and 0 < written.certainty <= 1
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_kind_of_model_is_read_from_its_folder(tmp_path) -> None:
    assert isinstance(make_writer(save_causal_lm(tmp_path / "lm"), 2, "cpu"), CausalWriter)
