from collections import Counter

import pytest
from compress_runs import compressor

from hopgym.agents.compress.curriculum import (
    Passages,
    check_room,
    chunks_at,
    next_paragraph,
    reconstruction,
)
from hopgym.agents.compress.rows import REPEAT
from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.seeding import rng_for

CORPUS = [Document(str(n), f"T{n}", f"Number {n} follows {n - 1}.") for n in range(6)]


def test_the_number_of_chunks_grows_with_the_training():
    def drawn(progress):
        return Counter(chunks_at(progress, 8, rng_for(0, "x", n)) for n in range(300))

    early, late = drawn(0.0), drawn(1.0)
    assert early[1] > 180 and late[8] > 180 and set(early) | set(late) <= {1, 2, 4, 8}


def test_reconstruction_asks_for_what_the_chunks_hold():
    writer = compressor().rows
    passages = Passages(CORPUS, writer.chunker)
    rows = reconstruction(passages, writer, 3, 2, rng_for(0))
    for row in rows:
        assert len(row.chunks) == 3 and [i for c in row.chunks for i in c.ids] == row.target


def test_the_next_paragraph_follows_what_was_read():
    writer = compressor().rows
    passages = Passages(CORPUS[:1], writer.chunker)  # begins anew where the corpus ends
    (row,) = next_paragraph(passages, writer, 2, 1, 1, rng_for(0))
    whole = [i for chunk in writer.chunker.of("T0: Number 0 follows -1.\n") for i in chunk.ids]
    read = [i for chunk in row.chunks for i in chunk.ids]
    assert len(read) == 8 and (read + row.target) == (whole * 2)[:12] and row.after == []


def test_without_documents_there_is_nothing_to_repeat():
    with pytest.raises(ConfigError, match="brings no documents to read"):
        Passages([], compressor().rows.chunker)


def test_passages_that_the_decoder_cannot_read_are_told_at_the_start():
    writer = compressor().rows
    writer.room = 64
    columns = 8 + 8 * 4 + len(writer.chunker.codec.encode(REPEAT)) + len(writer.chunker.codec.bos)
    assert columns <= 64
    check_room(writer, 8, 8)
    with pytest.raises(ConfigError, match=r"16 chunks with 16 behind it.* the decoder reads 64"):
        check_room(writer, 16, 16)
    writer.room = None
    check_room(writer, 999, 999)
