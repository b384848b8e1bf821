import pytest
import torch
from compress_runs import ASKED, DOCUMENTS, QUESTION, compressor

from hopgym.agents.compress.chunking import document_text
from hopgym.agents.compress.rows import ASK
from hopgym.agents.llm.model_facts import end_tokens

FAMILIES = ["qwen2", "mamba2", "bamba", "bloom"]
"""A transformer, Mamba, a hybrid, and one that knows no positions."""


def plainly(made, question, documents):
    """What the decoder alone writes after the plain text, one row, everything read anew."""
    codec = made.rows.chunker.codec
    text = "".join(document_text(*each) for each in documents) + ASK.format(question)
    ids, ends = codec.bos + codec.encode(text), end_tokens(made.decoder, made.tokenizer)
    begun = len(ids)
    with torch.no_grad():
        for _ in range(made.shape.max_new_tokens):
            token = int(made.decoder(torch.tensor([ids])).logits[0, -1].argmax())
            if token in ends:
                break
            ids = [*ids, token]
    return codec.decode(ids[begun:]).strip(), begun


@pytest.mark.parametrize("family", FAMILIES)
def test_with_all_expanded_it_is_plain_reading_token_for_token(family):
    made = compressor(family)
    told = made.answer(ASKED, 1.0)
    assert any(each.text for each in told)
    assert [(each.text, each.columns) for each in told] == [plainly(made, *each) for each in ASKED]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_is_answered_as_each_alone(family):
    made = compressor(family)
    assert made.answer(ASKED, 0.5) == [made.answer([each], 0.5)[0] for each in ASKED]


def test_with_nothing_expanded_the_decoder_reads_a_vector_a_chunk():
    made = compressor()
    encode = made.rows.chunker.codec.encode
    (told,) = made.answer([(QUESTION, DOCUMENTS)], 0.0)
    vectors = sum(-(-len(encode(document_text(*each))) // 4) for each in DOCUMENTS)
    assert told.chunks == vectors and told.expanded == ()
    assert told.columns == vectors + len(encode(ASK.format(QUESTION)))


def test_the_gradient_reaches_encoder_and_projector_and_not_the_policy():
    made = compressor().train()
    rows = [made.rows.question(*each, "Ada") for each in ASKED]
    vectors, queries = made.row_vectors(rows)
    made.nll(rows, [[0], [], [1, 2]], vectors).sum().backward()
    for part in (made.encoder, made.projector):
        norms = [w.grad.norm() for w in part.parameters() if w.grad is not None]
        assert norms and max(norms) > 0
    assert all(w.grad is None for w in made.policy.parameters())
    made.zero_grad(set_to_none=True)
    made.logits(rows, vectors, queries).exp().sum().backward()
    assert made.policy.exit.weight.grad is not None
    assert all(w.grad is None for w in made.encoder.parameters())


def test_a_loss_is_that_of_the_plain_decoder_where_all_is_expanded():
    made = compressor()
    row = made.rows.question(QUESTION, DOCUMENTS, "Ada")
    chosen = [list(range(len(row.chunks)))]
    short = made.rows.question("Who?", DOCUMENTS[:1], "Bo")
    with torch.no_grad():
        told = made.nll([row, short], [*chosen, list(range(len(short.chunks)))], None)[0]
        ids = [i for chunk in row.chunks for i in chunk.ids] + row.after + row.target
        logits = made.decoder(torch.tensor([ids])).logits[0, -len(row.target) - 1 : -1]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(row.target))
    assert told.item() == pytest.approx(expected.item(), abs=1e-4)


def test_equal_chunks_are_encoded_once_and_remembered_ones_never():
    made, seen = compressor(), []
    made.encoder.register_forward_hook(lambda module, given, out: seen.append(len(given[0])))
    chunks = made.rows.chunker.of(document_text(*DOCUMENTS[0])) * 3
    vectors = made.vectors(chunks)
    assert seen == [len(set(chunks))] and torch.equal(vectors[0], vectors[len(chunks) // 3])

    class Cache:
        def find(self, asked):
            return [vectors[n].detach() if n % 2 else None for n, _ in enumerate(asked)]

    again = made.vectors(chunks, Cache())
    assert torch.allclose(again, vectors, atol=1e-5) and len(seen) == 2
    assert made.vectors([]).shape == (0, made.projector.outputs)


def test_without_documents_or_questions_it_answers_all_the_same():
    made = compressor()
    (told,) = made.answer([(QUESTION, ())], 0.25)
    assert told.chunks == 0 and made.answer([]) == []
