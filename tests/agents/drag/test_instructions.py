import torch

from hopgym.agents.drag.instructions import (
    Instructions,
    InstructionUpdate,
    Pool,
    attend,
    mean_tokens,
)

GENERATOR = torch.Generator().manual_seed(3)
TOKENS = torch.randn(2, 5, 8, generator=GENERATOR)
MASK = torch.tensor([[True] * 5, [True, True, False, False, False]])


def test_padding_has_no_say():
    other = TOKENS.clone()
    other[1, 2:] = 99.0
    for module in (Instructions(8, 3), Pool(8)):
        torch.testing.assert_close(module(TOKENS, MASK), module(other, MASK))
        torch.testing.assert_close(module(TOKENS[1:, :2], MASK[1:, :2]), module(other, MASK)[1:])
    torch.testing.assert_close(mean_tokens(other, MASK)[1], TOKENS[1, :2].mean(0))


def test_a_pool_adapts_the_sum_as_it_would_each_token():
    pool, adapter = Pool(6), torch.nn.Linear(8, 6)
    torch.testing.assert_close(pool(TOKENS, MASK, adapter), pool(adapter(TOKENS), MASK))


def test_instructions_follow_the_equations():
    module = Instructions(8, 2)
    (tokens,) = TOKENS[:1]
    question, last, expected = tokens.mean(0), torch.zeros(8), []
    for part in module.question:
        own = part(question)
        wanted = module.compare(torch.cat([last, own, own - last, own * last]))
        shares = torch.softmax(module.weigh(wanted * tokens)[:, 0], 0)
        last = shares @ tokens
        expected.append(last)
    torch.testing.assert_close(module(TOKENS, MASK)[0], torch.stack(expected))


def test_instructions_of_questions_do_not_mix():
    module = Instructions(8, 3)
    both = module(TOKENS, MASK)
    other = TOKENS.clone()
    other[1] += 1
    torch.testing.assert_close(module(other, MASK)[0], both[0])
    assert not torch.allclose(module(other, MASK)[1], both[1])


def test_dropout_is_the_generators():
    module = Instructions(8, 2, dropout=0.5)
    plain = module(TOKENS, MASK)
    torch.testing.assert_close(module(TOKENS, MASK), plain)
    first, second = (module(TOKENS, MASK, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second) and not torch.allclose(first, plain)


def test_the_update_follows_the_equations_and_keeps_questions_apart():
    module = InstructionUpdate(8, 3)
    instructions = torch.randn(2, 3, 8, generator=GENERATOR)
    found = torch.randn(2, 8, generator=GENERATOR)
    new = module(instructions, found)
    for b in range(2):
        for k in range(3):
            i, c = instructions[b, k], found[b]
            x = torch.cat([i, c, i - c])
            g = torch.sigmoid(x @ module.gate[k])
            torch.testing.assert_close(new[b, k], g * (x @ module.change[k]) + (1 - g) * i)


def test_attention_is_a_mean_where_scores_are_equal():
    torch.testing.assert_close(attend(torch.zeros(2, 5), TOKENS, MASK), mean_tokens(TOKENS, MASK))
