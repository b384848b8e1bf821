from hopgym.core import Document
from hopgym.retrieval.kb.chunking import Chunking
from hopgym.retrieval.kb.dedupe import Dropped, Seen

LONG = "the quick brown fox jumps over the lazy dog and runs away into the dark wood at night"


def doc(id, text="The same.", title="", source="General"):
    return Document(id, title, text, source)


def taken(seen, *passages):
    fresh, dropped = seen.sort_out(list(passages))
    seen.keep(fresh)
    return [p.id for p in fresh], dropped


def test_the_first_of_equal_ones_stays():
    seen = Seen()
    assert taken(seen, doc("b")) == (["b"], [])
    assert taken(seen, doc("a")) == ([], [Dropped("a", "b")])


def test_another_title_or_source_is_another_passage():
    seen = Seen()
    taken(seen, doc("a"))
    assert taken(seen, doc("b", title="Ada"))[0] == ["b"]
    assert taken(seen, doc("c", source="News"))[0] == ["c"]


def test_the_border_of_title_and_text_counts():
    seen = Seen()
    taken(seen, doc("a", text="c", title="ab"))
    assert taken(seen, doc("b", text="bc", title="a"))[0] == ["b"]


def test_near_ones_are_dropped_when_asked():
    seen = Seen(near=0.7)
    taken(seen, doc("a", LONG))
    near = LONG.replace("night", "dawn")
    assert taken(seen, doc("b", near)) == ([], [Dropped("b", "a", near=True)])
    assert taken(Seen(), doc("a", LONG), doc("b", near))[0] == ["a", "b"]


def test_near_ones_of_another_source_stay():
    seen = Seen(near=0.7)
    taken(seen, doc("a", LONG))
    assert taken(seen, doc("b", LONG, source="News"))[0] == ["b"]


def test_the_same_record_once_more_is_dropped_even_without_deduplication():
    seen = Seen(exact=False)
    taken(seen, doc("a"))
    assert taken(seen, doc("a")) == ([], [Dropped("a", "a")])
    assert taken(seen, doc("b"))[0] == ["b"]


def test_overlapping_passages_of_one_document_are_no_near_duplicates():
    passages = Chunking(tokens=10, overlap=9)(doc("a", LONG))
    fresh, dropped = Seen(near=0.5).sort_out(passages)
    assert fresh == passages and not dropped


def test_equal_passages_within_one_document_are_kept_once():
    passages = Chunking(tokens=3)(doc("a", "x y z x y z"))
    fresh, dropped = Seen().sort_out(passages)
    assert [p.id for p in fresh] == ["a#0"] and dropped == [Dropped("a#1", "a#0")]


def conflict(seen, document, tokens=0):
    return seen.conflict(document, seen.sort_out(Chunking(tokens)(document))[0])


def test_a_taken_id_is_seen():
    seen = Seen()
    seen.keep([doc("a", "One.")])
    assert conflict(seen, doc("a", "Another.")) == "a"
    assert conflict(seen, doc("b", "Another.")) is None
    assert conflict(seen, doc("a", "One.")) is None, "the same record once more is a duplicate"


def test_a_passage_takes_the_id_of_its_document_and_its_own():
    seen = Seen()
    seen.keep(Chunking(tokens=2)(doc("a", "one two three")))
    assert conflict(seen, doc("a", "else")) == "a"
    assert conflict(seen, doc("a#1", "else")) == "a#1"
    assert conflict(seen, doc("a", "four five six"), tokens=2) == "a"
    assert conflict(seen, doc("a", "one two three four five"), tokens=2) == "a"


def test_passages_that_were_cut_elsewhere_do_not_take_each_others_ids():
    seen = Seen()
    passages = Chunking(tokens=2)(doc("a", "one two three four"))
    for passage in passages:
        assert conflict(seen, passage) is None
        seen.keep([passage])
