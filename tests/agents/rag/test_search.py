import math

import pytest
import torch
from tiny_rag import DOCUMENTS, answers_up_to, generator, letters_generator, logp_by_hand

from hopgym.agents.rag.search import beam_search

WORDS, LONGEST = 5, 4


def by_enumeration(made, question, documents, doc_logp):
    """Every answer with `sum_t log sum_z p(z) p(y_t | z)`, the best first."""
    scored = []
    for ids in answers_up_to(WORDS, LONGEST):
        each = torch.stack([logp_by_hand(made, question, z, ids) for z in documents])
        scored.append((float(torch.logsumexp(doc_logp[:, None] + each, 0).sum()), ids))
    return sorted(scored, reverse=True)


@pytest.fixture(scope="module")
def made():
    return letters_generator(WORDS)


def search(made, questions, rows, doc_logp, **options):
    with torch.no_grad():
        return beam_search(made, made.read(questions, rows), doc_logp, **options)


def test_a_wide_beam_finds_all_answers_with_their_exact_probabilities(made):
    doc_logp = torch.tensor([0.2, 1.0, -0.5]).log_softmax(-1)
    expected = by_enumeration(made, "ab", DOCUMENTS, doc_logp)
    (found,) = search(made, ["ab"], [DOCUMENTS], doc_logp[None], beams=40, max_tokens=LONGEST)
    assert len(found) == len(expected) == 40
    assert {each.ids for each in found} == {ids for _, ids in expected}
    for each, (logp, _) in zip(found, expected, strict=True):
        assert each.logp == pytest.approx(logp, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_a_narrow_beam_returns_exact_probabilities_too(seed):
    made = letters_generator(WORDS, seed)
    doc_logp = torch.tensor([0.0, 1.0, 2.0]).log_softmax(-1)
    known = {ids: logp for logp, ids in by_enumeration(made, "b", DOCUMENTS, doc_logp)}
    for beams in (1, 2, 3):
        (found,) = search(made, ["b"], [DOCUMENTS], doc_logp[None], beams=beams, max_tokens=LONGEST)
        assert 1 <= len(found) <= beams
        for each in found:
            assert each.logp == pytest.approx(known[each.ids], abs=1e-5)
        assert [each.logp for each in found] == sorted((e.logp for e in found), reverse=True)


def test_rows_do_not_mix(made):
    doc_logp = torch.tensor([[0.0, -torch.inf, -torch.inf], [0.1, 0.2, 0.3]]).log_softmax(-1)
    rows = [DOCUMENTS[:1], DOCUMENTS]
    together = search(made, ["a", "cab"], rows, doc_logp, beams=3, max_tokens=LONGEST)
    for n, question in enumerate(["a", "cab"]):
        own = doc_logp[n : n + 1, : len(rows[n])]
        (alone,) = search(made, [question], rows[n : n + 1], own, beams=3, max_tokens=LONGEST)
        assert [each.ids for each in alone] == [each.ids for each in together[n]]
        for one, other in zip(alone, together[n], strict=True):
            assert one.logp == pytest.approx(other.logp, abs=1e-4)


def test_one_document_and_one_beam_is_the_librarys_greedy_search():
    made = generator()
    tokens = made.tokenizer([made.inputs("Where?", DOCUMENTS[0])], return_tensors="pt")
    expected = made.model.generate(
        **tokens,
        max_new_tokens=9,
        do_sample=False,
        forced_eos_token_id=made.end,
        suppress_tokens=[made.pad],
    )[0, 1:].tolist()
    (found,) = search(made, ["Where?"], [DOCUMENTS[:1]], torch.zeros(1, 1), beams=1, max_tokens=9)
    assert list(found[0].ids) == expected


def test_an_answer_of_one_token_at_most_is_the_end_alone(made):
    doc_logp = torch.zeros(1, 1)
    (found,) = search(made, ["a"], [DOCUMENTS[:1]], doc_logp, beams=3, max_tokens=1)
    assert [each.ids for each in found] == [(1,)]
    expected = float(logp_by_hand(made, "a", DOCUMENTS[0], (1,)).sum())
    assert found[0].logp == pytest.approx(expected, abs=1e-5) and math.isfinite(expected)
