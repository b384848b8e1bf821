import pytest
from rag_chats import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.llm.sampling import Sampling  # noqa: E402
from hopgym.agents.llm.transformers_generator import TransformersGenerator  # noqa: E402
from hopgym.agents.rag_chat.model import start  # noqa: E402
from hopgym.agents.rag_chat.settings import RagChatSettings  # noqa: E402
from hopgym.agents.rag_chat.stream import settled, stream_tokens  # noqa: E402
from hopgym.envs.conversations.render import Renderer  # noqa: E402
from hopgym.seeding import rng_for  # noqa: E402

PATTERNS = pytest.mark.parametrize("pattern", ["T,T", "M,M", "T,M"])
PROMPT = [300, 301, 7, 9, 11, 300, 40, 50]


def spread(pattern):
    """A model whose next tokens are neither certain nor all alike."""
    settings = RagChatSettings(block_pattern=pattern, width=32, vocabulary=300)
    policy = start(settings, lambda: ["Vel is a film by Ada Orm."] * 9)
    with torch.no_grad():
        for name, weights in policy.model.named_parameters():
            if weights.dim() == 2 and "A_log" not in name:
                weights.mul_(6.0)
    return policy


@PATTERNS
def test_defect_7_what_is_kept_from_token_to_token_gives_what_reading_all_anew_does(pattern):
    """Seed 004's Mamba layers were given an empty state for each new token."""
    model = spread(pattern).model
    sampling = Sampling(temperature=0.0, max_new_tokens=12)
    kept, anew = (
        list(stream_tokens(model, PROMPT, sampling, rng_for(0), (), cache=cache))
        for cache in (True, False)
    )
    assert kept == anew and len(kept) == 12 and len(set(kept)) > 1


@PATTERNS
def test_it_is_what_a_batch_writes_with_the_same_random_numbers(pattern):
    policy = spread(pattern)
    sampling = Sampling(temperature=1.0, max_new_tokens=10)
    together = TransformersGenerator(policy.model, policy.tokenizer, sampling)
    together.ends = frozenset()
    written = together.generate([PROMPT], [rng_for(3)])[0].ids
    assert list(stream_tokens(policy.model, PROMPT, sampling, rng_for(3), ())) == written


def test_it_ends_before_the_end_token_and_leaves_gradients_on():
    model = spread("T").model
    sampling = Sampling(temperature=0.0, max_new_tokens=5)
    first = next(stream_tokens(model, PROMPT, sampling, rng_for(0), ()))
    assert list(stream_tokens(model, PROMPT, sampling, rng_for(0), (first,))) == []
    stream = stream_tokens(model, PROMPT, sampling, rng_for(0), ())
    next(stream)
    assert torch.is_grad_enabled()


def test_bytes_at_the_end_are_not_settled():
    policy = spread("T")
    renderer = Renderer(policy.tokenizer)
    ids = policy.tokenizer.convert_tokens_to_ids
    a, b, end, cited = ids(["<0x41>", "<0xC3>", "<|user_end|>", "[DOC_1]"])
    assert settled(renderer, []) == [] == settled(renderer, [a, b, end])
    assert settled(renderer, [a, cited, b, end, a]) == [a, cited]
