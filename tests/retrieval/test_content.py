import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.content import ContentHash

ADA, BOB = Document("a", "Ada", "One."), Document("b", "Bob", "Two.")


@given(st.permutations([Document(str(n), "t", "x" * n) for n in range(6)]))
def test_the_order_does_not_matter(documents):
    ordered = sorted(documents, key=lambda d: d.id)
    assert ContentHash(documents).hexdigest() == ContentHash(ordered).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        [ADA],
        [ADA, BOB, BOB],
        [ADA, Document("c", "Bob", "Two.")],
        [ADA, Document("b", "Bo", "bTwo.")],
        [ADA, Document("b", "Bob", "Two.", "News")],
        [ADA, Document("b", "Bob", "Two.", metadata={"n": 1})],
    ],
)
def test_everything_of_a_document_counts(other):
    assert ContentHash(other).hexdigest() != ContentHash([ADA, BOB]).hexdigest()


def test_what_comes_and_goes_leaves_no_trace():
    content = ContentHash([ADA])
    before = content.hexdigest()
    content.add(BOB)
    assert content.count == 2 and content.hexdigest() != before
    content.remove(BOB)
    assert (content.count, content.hexdigest()) == (1, before)


def test_it_continues_from_its_state():
    content = ContentHash([ADA])
    restored = ContentHash.restored(content.state(), content.count)
    restored.add(BOB)
    assert restored.hexdigest() == ContentHash([ADA, BOB]).hexdigest()
    assert len(restored.hexdigest()) == 32


def test_no_documents_have_a_hash_too():
    assert ContentHash().hexdigest() == ContentHash([]).hexdigest()
    assert ContentHash().count == 0


def test_what_json_cannot_hold_is_refused():
    for document in (Document("x", "", "\ud800"), Document("x", "", "", metadata={"f": object()})):
        with pytest.raises(DataError, match=r"Document 'x' cannot be written as JSON.*Mend"):
            ContentHash([document])


@pytest.mark.parametrize("state", ["no number", None, 5])
def test_a_damaged_state_is_refused(state):
    with pytest.raises(DataError, match="no state of a content hash"):
        ContentHash.restored(state, 1)


def test_every_process_computes_the_same():
    code = (
        "from hopgym.core import Document\nfrom hopgym.retrieval.content import ContentHash\n"
        "print(ContentHash([Document('a', 'Ada', 'One.')]).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert found.stdout.strip() == ContentHash([ADA]).hexdigest()
