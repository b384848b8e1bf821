import pytest
import torch
import transformers
from compress_runs import compressor
from tiny_llms import byte_tokenizer

from hopgym.agents.compress.chunking import Chunk
from hopgym.agents.compress.encoder import FrozenEncoder, TextEncoder, load_encoder, new_encoder
from hopgym.errors import ConfigError

CHUNKS = [Chunk((5, 6, 7, 8), "Ada was"), Chunk((5,), "Ada")]
SIZES = {"width": 16, "layers": 1, "heads": 2}


def test_a_chunk_s_vector_does_not_depend_on_its_neighbours():
    encoder = new_encoder("tokens", 400, 4, **SIZES).eval()
    both, alone = encoder(CHUNKS), encoder(CHUNKS[1:])
    assert both.shape == (2, 16) and torch.allclose(both[1], alone[0], atol=1e-5)
    again = new_encoder("tokens", 400, 4, **SIZES).eval()
    assert torch.equal(again(CHUNKS), both)


def test_a_trained_encoder_comes_back(tmp_path):
    encoder = new_encoder("tokens", 400, 4, **SIZES, seed=3).eval()
    encoder.save(tmp_path)
    assert list(tmp_path.glob("*.safetensors"))
    assert torch.equal(load_encoder("tokens", tmp_path).eval()(CHUNKS), encoder(CHUNKS))


def test_an_encoder_with_a_tokenizer_of_its_own_reads_the_text(tmp_path):
    config = transformers.RobertaConfig(
        vocab_size=400, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip
    transformers.RobertaModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    byte_tokenizer().save_pretrained(tmp_path)
    encoder = new_encoder(f"text?model={tmp_path}", 400, 4, **SIZES).eval()
    assert isinstance(encoder, TextEncoder) and encoder.reads_text and encoder.width == 16
    told = encoder(CHUNKS)
    assert told.shape == (2, 16) and told.requires_grad
    encoder.save(tmp_path / "again")
    assert torch.equal(load_encoder("text?model=x", tmp_path / "again").eval()(CHUNKS), told)


def test_a_frozen_encoder_has_no_weights_to_train():
    made = compressor(encoder="hashing?dim=32")
    assert isinstance(made.encoder, FrozenEncoder) and not list(made.encoder.parameters())
    assert made.vectors(CHUNKS).shape == (2, made.projector.outputs)


def test_what_is_no_encoder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="write 'text\\?model=FOLDER'"):
        new_encoder("text", 400, 4, **SIZES)
    with pytest.raises(ConfigError, match="holds no encoder of chunks"):
        load_encoder("tokens", tmp_path)
    with pytest.raises(ConfigError, match="encoder_width is 15"):
        new_encoder("tokens", 400, 4, width=15, layers=1, heads=2)
