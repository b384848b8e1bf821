import math

import pytest
import torch
from tiny_rag import DOCUMENTS, answers_up_to, generator, letters_generator, logp_by_hand

from hopgym.agents.rag.decoding import decode

WORDS, LONGEST = 5, 4
SCORES = torch.tensor([[0.3, 1.0, -0.4]])


def table(made, question="ab", documents=DOCUMENTS, scores=SCORES):
    """`log p(z|x)` and, for each answer, `log p(y_t|x,z)` of each document."""
    each = {
        ids: torch.stack([logp_by_hand(made, question, z, ids) for z in documents])
        for ids in answers_up_to(WORDS, LONGEST)
    }
    return scores[0].log_softmax(-1), each


def best_sequence(made):
    prior, each = table(made)
    scored = {ids: float(torch.logsumexp(prior + logp.sum(-1), 0)) for ids, logp in each.items()}
    return max(scored.items(), key=lambda item: item[1])


def best_token(made):
    prior, each = table(made)
    scored = {
        ids: float(torch.logsumexp(prior[:, None] + logp, 0).sum()) for ids, logp in each.items()
    }
    return max(scored.items(), key=lambda item: item[1])


def decoded(made, variant, scores=SCORES, questions=("ab",), rows=(DOCUMENTS,), **options):
    options = {"beams": 12, "max_tokens": LONGEST, **options}
    with torch.no_grad():
        return decode(made, made.read(questions, rows), scores, variant, **options)


@pytest.mark.parametrize("seed", range(5))
def test_thorough_decoding_of_rag_sequence_finds_the_brute_force_best(seed):
    made = letters_generator(WORDS, seed)
    ids, logp = best_sequence(made)
    (answer,) = decoded(made, "sequence")
    assert answer.logp == pytest.approx(logp, abs=1e-5)
    assert answer.text == made.text(ids)


@pytest.mark.parametrize("seed", range(5))
def test_rag_token_finds_the_brute_force_best(seed):
    made = letters_generator(WORDS, seed)
    ids, logp = best_token(made)
    (answer,) = decoded(made, "token", beams=40)
    assert answer.logp == pytest.approx(logp, abs=1e-5)
    assert answer.text == made.text(ids)


def test_fast_decoding_counts_only_documents_whose_beam_found_the_answer():
    apart = 0
    for seed in range(6):
        made = letters_generator(WORDS, seed)
        (wide,) = decoded(made, "sequence", beams=40)
        (fast,) = decoded(made, "sequence", beams=40, thorough=False)
        assert fast.logp == pytest.approx(wide.logp, abs=1e-5)  # nothing is missing from a beam
        (thorough,) = decoded(made, "sequence", beams=1)
        (fast,) = decoded(made, "sequence", beams=1, thorough=False)
        assert fast.logp <= thorough.logp + 1e-6
        apart += fast.logp < thorough.logp - 1e-4
    assert apart  # a document that has the answer in no beam of its own counts when thorough


@pytest.mark.parametrize("variant", ["token", "sequence"])
def test_the_posterior_is_bayes_rule(variant):
    made = letters_generator(WORDS, 1)
    (answer,) = decoded(made, variant)
    prior, each = table(made)
    ids = next(ids for ids in each if made.text(ids) == answer.text)
    weighed = (prior + each[ids].sum(-1)).softmax(-1)
    assert answer.posterior == pytest.approx(weighed.tolist(), abs=1e-5)
    assert answer.prior == pytest.approx(prior.exp().tolist(), abs=1e-6)


@pytest.mark.parametrize("variant", ["token", "sequence", "fid"])
def test_unlike_numbers_of_documents_and_rows_alone(variant):
    made = letters_generator(WORDS, 2)
    scores = torch.tensor([[0.3, 1.0, -0.4], [0.5, -torch.inf, -torch.inf]])
    rows, questions = (DOCUMENTS, DOCUMENTS[:1]), ("ab", "c")
    both = decoded(made, variant, scores, questions, rows)
    assert [len(each.prior) for each in both] == [len(each.posterior) for each in both] == [3, 1]
    assert both[1].posterior == pytest.approx((1.0,))
    for n, answer in enumerate(both):
        own = scores[n : n + 1, : len(rows[n])]
        (alone,) = decoded(made, variant, own, questions[n : n + 1], rows[n : n + 1])
        assert alone.text == answer.text
        assert alone.logp == pytest.approx(answer.logp, abs=1e-4)


@pytest.mark.parametrize("variant", ["token", "sequence", "fid"])
def test_one_document_is_one_answer_for_all_variants(variant):
    made = letters_generator(WORDS, 3)
    (answer,) = decoded(made, variant, torch.zeros(1, 1), rows=(DOCUMENTS[:1],))
    each = {
        ids: float(logp_by_hand(made, "ab", DOCUMENTS[0], ids).sum())
        for ids in answers_up_to(WORDS, LONGEST)
    }
    ids, logp = max(each.items(), key=lambda item: item[1])
    assert answer.text == made.text(ids) and answer.logp == pytest.approx(logp, abs=1e-5)


def test_the_seed_decoded_logits():
    """Answers are generated token by token, and their text holds no control tokens."""
    made = generator()
    read = made.read(["Where?"], [DOCUMENTS])
    with torch.no_grad():
        (answer,) = decode(made, read, SCORES, "token", beams=2, max_tokens=8)
    assert isinstance(answer.text, str) and math.isfinite(answer.logp)
    assert not any(token in answer.text for token in ("<pad>", "</s>"))
