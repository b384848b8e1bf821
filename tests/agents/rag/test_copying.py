import pytest
import torch
from tiny_rag import DOCUMENTS, generator, tiny_t5
from transformers import T5Config, T5ForConditionalGeneration

from hopgym.agents.rag.copying import begin_copying
from hopgym.errors import ConfigError


def test_two_heads_look_at_the_neighbours():
    made = generator()
    text = made.inputs("Where was Ada Orm born?", DOCUMENTS[0])
    tokens = made.tokenizer(text, return_tensors="pt")
    made.model.set_attn_implementation("eager")
    with torch.no_grad():
        output = made.model.get_encoder()(**tokens, output_attentions=True)
    first = output.attentions[0][0]
    before, after = first[0].diagonal(-1).mean(), first[1].diagonal(1).mean()
    assert min(before, after) > 0.3 > 0.1 > first[2].diagonal(-1).mean()


def test_attention_begins_as_a_comparison():
    attention = generator().model.decoder.block[1].layer[1].EncDecAttention
    assert torch.equal(attention.q.weight, attention.k.weight)
    through = attention.o.weight @ attention.v.weight
    torch.testing.assert_close(through, 0.5 * torch.eye(128), atol=1e-4, rtol=0)


def test_draws_are_the_generators():
    state = torch.get_rng_state()
    models = [tiny_t5() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        begin_copying(model, torch.Generator().manual_seed(seed))
    assert torch.equal(torch.get_rng_state(), state)
    one, same, other = (m.encoder.block[0].layer[0].SelfAttention.q.weight for m in models)
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_other_shapes_are_refused():
    config = T5Config(vocab_size=6, d_model=16, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    with pytest.raises(ConfigError, match="2 heads of 4 are not a model of 16"):
        begin_copying(T5ForConditionalGeneration(config), torch.Generator())
