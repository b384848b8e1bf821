import json

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.multi_source import MultiSourceRetriever

SOURCES = ["Academy", "General", "News"]
MULTI = MultiSourceRetriever(DOCUMENTS)


def part(source):
    return [document for document in DOCUMENTS if document.source == source]


class Web:
    """A search of the web: it brings documents that no corpus holds."""

    fingerprint = "web"

    def __init__(self, fails=False):
        self.fails, self.asked = fails, []

    def search(self, queries, k):
        self.asked.append(list(queries))
        if self.fails:
            raise RetrievalError("out of reach")
        rows = [[Document(f"web-{query}", query, "", "Web")] for query in queries]
        return Hits(rows, [[0.9]] * len(queries))


def test_each_source_has_a_retriever_of_its_own():
    assert list(MULTI.sources) == SOURCES
    for source in SOURCES:
        alone = BM25Retriever(part(source))
        asked = MULTI.search_sources(QUERIES, [source] * len(QUERIES), k=5)
        assert asked.ids == alone.search(QUERIES, k=5).ids
        assert asked.scores == alone.search(QUERIES, k=5).scores


def test_each_query_goes_to_the_source_that_was_chosen_for_it():
    chosen = ["News", None, "Academy", "News"]
    hits = MULTI.search_sources(["ada", "ada", "ada", "river"], chosen, k=4)
    for row, source in zip(hits.documents, chosen, strict=True):
        assert row
        assert {document.source for document in row} <= ({source} if source else set(SOURCES))
    for n, (query, source) in enumerate(zip(["ada", "ada", "ada", "river"], chosen, strict=True)):
        assert MULTI.search_sources([query], [source], k=4)[0] == hits[n]


def test_a_search_of_all_is_the_best_of_each_with_its_source():
    hits = MULTI.search(["river king"], k=6)
    alone = [BM25Retriever(part(s)).search(["river king"], k=6)[0] for s in SOURCES]
    best = sorted((hit for row in alone for hit in row), key=lambda hit: (-hit[1], hit[0].id))
    assert hits[0] == best[:6]
    for document, parts in zip(hits.documents[0], hits.components[0], strict=True):
        assert list(parts) == [document.source]


def test_sources_with_scales_of_their_own_are_merged_by_rank():
    multi = MultiSourceRetriever(DOCUMENTS, sources={"Web": Web(), "News": "tfidf"})
    assert list(multi.sources) == ["Academy", "General", "News", "Web"]
    hits = multi.search(["ada"], k=4)
    assert {document.source for document in hits.documents[0]} == {*SOURCES, "Web"}
    assert hits.scores[0] == [1 / 61] * 4
    assert hits.ids[0] == sorted(hits.ids[0])
    raw = MultiSourceRetriever(DOCUMENTS, sources={"Web": Web()}, merge="raw")
    assert raw.search(["ada"], k=50).scores[0][-1] <= 0.9


def test_a_source_is_asked_only_what_is_meant_for_it():
    web = Web()
    multi = MultiSourceRetriever(DOCUMENTS, sources={"Web": web})
    multi.search_sources(["ada", "orm", "vel"], ["News", "Web", None], k=2)
    assert web.asked == [["orm", "vel"]]
    multi.search_sources(["ada"], ["News"], k=2)
    assert len(web.asked) == 1


def test_defect_a_source_that_fails_is_never_left_out():
    """FlashRAG printed the exception and went on without the retriever."""
    multi = MultiSourceRetriever(DOCUMENTS, sources={"Web": Web(fails=True)})
    with pytest.raises(RetrievalError, match="out of reach"):
        multi.search(["ada", "orm"], k=2)
    assert multi.search_sources(["ada"], ["News"], k=2).ids[0]


def test_defect_rows_of_two_queries_stay_two():
    """FlashRAG's router merged the first two queries' hits where one of two retrievers failed."""
    multi = MultiSourceRetriever([], sources={"A": Web(), "B": Web()})
    hits = multi.search(["one", "two"], k=5)
    assert hits.ids == [["web-one"], ["web-two"]]

    class Short(Web):
        def search(self, queries, k):
            return Hits([[]], [[]])

    with pytest.raises(RetrievalError, match="'B' gave 1 rows for 2 queries"):
        MultiSourceRetriever([], sources={"A": Web(), "B": Short()}).search(["one", "two"], k=5)


def test_defect_a_document_in_two_sources_is_one_hit():
    """FlashRAG's `concat` removed duplicates from the list that it walked, and scores by value."""
    hits = MultiSourceRetriever([], sources={"A": Web(), "B": Web(), "C": Web()}).search(["x"], 9)
    assert hits.ids == [["web-x"]]
    assert hits.components[0][0] == {"A": 0.9, "B": 0.9, "C": 0.9}


def test_what_a_source_answers_does_not_depend_on_the_others():
    alone = MultiSourceRetriever(part("News"))
    chosen = ["News"] * len(QUERIES)
    assert alone.search_sources(QUERIES, chosen, 5) == MULTI.search_sources(QUERIES, chosen, 5)


def test_options_stand_in_the_name():
    made = make_retriever('multi_source?base="bm25?k1=2&b=0.1"&merge=rrf', DOCUMENTS)
    same = MultiSourceRetriever(DOCUMENTS, base="bm25?k1=2&b=0.1", merge="rrf")
    assert made.fingerprint == same.fingerprint
    named = make_retriever('multi_source?sources={"News":"tfidf"}', DOCUMENTS)
    assert type(named.sources["News"]).__name__ == "TfidfRetriever"


def test_the_fingerprint_names_every_setting():
    variants = [
        MULTI,
        MultiSourceRetriever(DOCUMENTS[1:]),
        MultiSourceRetriever(DOCUMENTS, base="tfidf"),
        MultiSourceRetriever(DOCUMENTS, sources={"News": "tfidf"}),
        MultiSourceRetriever(DOCUMENTS, merge="minmax"),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
    assert repr(MULTI) == f"MultiSourceRetriever(Academy, General, News; {MULTI.fingerprint})"


@pytest.mark.parametrize(
    ("sources", "error", "message"),
    [
        (["Nwes"], UnknownNameError, "Unknown source 'Nwes'. Did you mean 'News'"),
        (["News", "News"], ConfigError, "for 1 queries; give one for each, or None"),
        ("News", ConfigError, "sources is 'News' for 1 queries; give one for each"),
    ],
)
def test_bad_requests_are_refused(sources, error, message):
    with pytest.raises(error, match=message):
        MULTI.search_sources(["ada"], sources, k=3)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"merge": "sum"}, UnknownNameError, "Unknown fusion 'sum'"),
        ({"base": "bm52"}, UnknownNameError, "'bm52'. Did you mean 'bm25'"),
        ({"sources": ["News"]}, ConfigError, "give a mapping, as"),
        (
            {"base": Web()},
            ConfigError,
            "base is ready made, so the sources 'Academy', 'General', '",
        ),
        (
            {"sources": {"Nwes": "bm25"}},
            DataError,
            r"Source 'Nwes' \(the documents have: Academy, General, News\): .*0 documents",
        ),
    ],
)
def test_bad_parameters_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        MultiSourceRetriever(DOCUMENTS, **keywords)


def test_neither_documents_nor_sources_are_refused():
    with pytest.raises(DataError, match="There are no documents and no sources"):
        MultiSourceRetriever([])


# --- saving -----------------------------------------------------------------------------------


def test_a_saved_one_opens_by_its_folder(tmp_path):
    built = MultiSourceRetriever(DOCUMENTS, sources={"News": "tfidf"})
    built.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is MultiSourceRetriever
    assert loaded.fingerprint == built.fingerprint
    assert loaded.search(QUERIES, k=9) == built.search(QUERIES, k=9)
    chosen = ["Academy"] * len(QUERIES)
    assert loaded.search_sources(QUERIES, chosen, 3) == built.search_sources(QUERIES, chosen, 3)


def test_a_source_without_save_is_named(tmp_path):
    multi = MultiSourceRetriever(DOCUMENTS, sources={"Web": Web()})
    with pytest.raises(ConfigError, match=r"'Web' \(Web\) has no `save\(folder\)`"):
        multi.save(tmp_path / "index")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"merge": "sum"}, "settings are damaged"), ({"merge": "rrf"}, "a part .* was replaced")],
)
def test_changed_settings_are_refused(tmp_path, change, message):
    MULTI.save(tmp_path / "index")
    file = tmp_path / "index" / "manifest.json"
    content = json.loads(file.read_text())
    content["settings"].update(change)
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        MultiSourceRetriever.load(tmp_path / "index")


class Told:
    """A source that answers every query alike."""

    def __init__(self, name, *hits):
        self.fingerprint, self.hits = name, hits

    def search(self, queries, k):
        rows = self.hits[:k]
        return Hits(
            [[document for document, _ in rows] for _ in queries],
            [[score for _, score in rows] for _ in queries],
        )


def test_scores_below_0_rank_as_in_one_index():
    a = Told("A", (Document("a", "", "a"), -1.0))
    b = Told("B", (Document("b1", "", "b"), -5.0), (Document("b2", "", "c"), -9.0))
    merged = MultiSourceRetriever([], sources={"A": a, "B": b}, merge="raw")
    assert merged.search(["x"], 3).ids == [["a", "b1", "b2"]]
    assert merged.search(["x"], 3).scores == [[-1.0, -5.0, -9.0]]
    for k in (1, 2):  # asking for more changes nothing above
        assert merged.search(["x"], k).ids == [["a", "b1"][:k]]


def test_vectors_in_several_sources_rank_as_in_one():
    pytest.importorskip("faiss")
    spec = "dense?encoder=hashing"
    whole, parts = make_retriever(spec, DOCUMENTS), MultiSourceRetriever(DOCUMENTS, base=spec)
    for k in (1, 5, len(DOCUMENTS)):
        assert parts.search(QUERIES, k).ids == whole.search(QUERIES, k).ids


def test_two_documents_of_one_id_are_refused():
    news = Told("News", (Document("0", "", "paris", "News"), 3.0))
    web = Told("Web", (Document("0", "", "tokyo", "Web"), 2.0))
    merged = MultiSourceRetriever([], sources={"News": news, "Web": web}, merge="raw")
    with pytest.raises(RetrievalError, match=r"'Web' holds another document .* id '0'"):
        merged.search(["x"], 2)
    assert merged.search_sources(["x"], ["News"], 2).ids == [["0"]]
