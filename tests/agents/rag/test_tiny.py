import torch
from tiny_rag import generator, towers


def test_tiny_shapes():
    made, reader = towers(), generator()
    bert, t5 = made.context.model.config, reader.model.config
    assert (bert.num_hidden_layers, bert.hidden_size) == (2, 64)
    assert (t5.num_layers, t5.num_decoder_layers, t5.d_model) == (2, 2, 128)
    assert t5.relative_attention_num_buckets == 32
    assert (t5.decoder_start_token_id, t5.pad_token_id, t5.eos_token_id) == (0, 0, 1)
    assert made.question.tokenizer.get_vocab() == reader.tokenizer.get_vocab()
    assert made.temperature == 8 and made.kind == "dpr"


def test_both_tiny_towers_begin_alike():
    made = towers().eval()
    torch.testing.assert_close(made.question(["Ada"]), made.context(["Ada"]))


def test_the_same_seed_is_the_same_model():
    one, same, other = generator(seed=1), generator(seed=1), generator(seed=2)
    for name, weights in one.state_dict().items():
        assert torch.equal(weights, same.state_dict()[name])
    assert any(not torch.equal(w, other.state_dict()[n]) for n, w in one.state_dict().items())
