import pytest
from compress_runs import DOCUMENTS, QUESTION
from tiny_llms import byte_tokenizer

from hopgym.agents.compress.chunking import Chunker, document_text
from hopgym.agents.compress.rows import ASK, RowWriter, budget, layout, side_by_side
from hopgym.errors import ConfigError


def writer(k=4, **options):
    return RowWriter(Chunker(byte_tokenizer(), k), 2, **options)


def test_with_nothing_expanded_a_document_is_ceil_of_its_tokens_over_k_vectors():
    made = writer()
    row = made.question(QUESTION, DOCUMENTS)
    encode = made.chunker.codec.encode
    tokens = [len(encode(document_text(*each))) for each in DOCUMENTS]
    ids, slots = layout(row, ())
    assert len(slots) == sum(-(-count // 4) for count in tokens) == len(row.chunks)
    assert len(ids) == len(slots) + len(encode(ASK.format(QUESTION)))


def test_with_all_expanded_it_is_the_plain_text():
    made = writer()
    row = made.question(QUESTION, DOCUMENTS)
    plain = "".join(document_text(*each) for each in DOCUMENTS) + ASK.format(QUESTION)
    ids, slots = layout(row, range(len(row.chunks)))
    assert not slots and made.chunker.codec.decode(ids) == plain


def test_rows_stand_side_by_side_padded_on_the_left():
    made = writer()
    rows = [made.question("Who?", DOCUMENTS[:1], "Ada"), made.question(QUESTION, DOCUMENTS, "Bo")]
    batch = side_by_side(rows, [[0], []])
    assert batch.mask[1].all() and not batch.mask[0, 0] and batch.mask[:, -1].all()
    assert len(batch.slots) == sum(len(row.chunks) for row in rows) - 1
    assert (batch.ids[batch.slots[:, 0], batch.slots[:, 1]] == 0).all()
    for n, row in enumerate(rows):
        assert batch.labels[n, -len(row.target) :].tolist() == row.target and row.target[-1] == 2


def test_documents_for_which_there_is_no_room_are_left_out():
    whole = writer().question(QUESTION, DOCUMENTS)
    after = len(whole.after)
    small = writer(room=after + len(whole.chunks) + 8, max_new_tokens=8)
    assert small.question(QUESTION, DOCUMENTS, share=0.0).chunks == whole.chunks
    assert small.question(QUESTION, DOCUMENTS, share=1.0).chunks == []
    with pytest.raises(ConfigError, match=f"question has {after} tokens, and the decoder reads 10"):
        writer(room=10, max_new_tokens=8).question(QUESTION, DOCUMENTS)


def test_a_share_is_from_0_to_1():
    assert [budget(n, 0.25) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]
    assert budget(3, 1 / 3) == 1 and budget(7, 0.7 + 0.3) == 7
    with pytest.raises(ConfigError, match=r"expand is 1\.5"):
        budget(4, 1.5)
