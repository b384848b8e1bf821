import json

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.fusion import fuse
from hopgym.retrieval.generators import GENERATORS, TitleGenerator
from hopgym.retrieval.recursive import RecursiveRetriever

VEL = Document("d1", "Vel Film", "A film by Ada Orm.")
ADA = Document("d2", "Ada Orm", "Native of Tessa Town.")
TESSA = Document("d3", "Tessa Town", "A place on a river.")
OTHER = Document("d4", "Other", "Where a director was born.")
WORLD = [VEL, ADA, TESSA, OTHER]
QUESTION = "Where was the director of Vel Film born?"
RECURSIVE = RecursiveRetriever(DOCUMENTS)


class Scripted:
    """Writes the queries that it was told to, one a hop."""

    fingerprint = "scripted"

    def __init__(self, *queries):
        self.queries, self.seen = queries, []

    def __call__(self, question, hops):
        self.seen.append((question, [hop.query for hop in hops]))
        return self.queries[len(hops) - 1] if len(hops) <= len(self.queries) else None


class Counting:
    """BM25 that remembers its batches."""

    fingerprint = "counting"

    def __init__(self, documents):
        self.base, self.batches = BM25Retriever(documents), []
        self.documents = self.base.documents

    def search(self, queries, k):
        self.batches.append(list(queries))
        return self.base.search(queries, k)


def test_it_finds_what_no_word_of_the_question_leads_to():
    hops = RecursiveRetriever(WORLD, hops=3).trace([QUESTION], k=4)[0]
    assert [hop.query for hop in hops][1:] == [
        "Ada Orm Where was the director of born?",
        "Tessa Town Where was the director of Vel Film born?",
    ]
    assert TESSA not in hops[0].documents
    assert TESSA in hops[2].documents or TESSA in hops[1].documents
    hits = RecursiveRetriever(WORLD, hops=3).search([QUESTION], k=4)
    assert set(hits.ids[0]) == {"d1", "d2", "d3", "d4"}


def test_defect_the_second_hop_asks_something_else():
    """Seed 004's follow-up query was always None, and its reward a constant."""
    (hops,) = RecursiveRetriever(WORLD).trace([QUESTION], k=2)
    assert len({hop.query for hop in hops}) == len(hops) == 2


def test_a_trace_says_what_came_and_what_was_new():
    generator = Scripted("Tessa Town", "river place")
    (hops,) = RecursiveRetriever(WORLD, hops=3, generator=generator).trace(["Vel Film"], k=4)
    assert [hop.number for hop in hops] == [1, 2, 3]
    assert [[d.id for d in hop.documents] for hop in hops] == [["d1"], ["d3", "d2"], ["d3"]]
    assert [hop.new for hop in hops] == [(True,), (True, True), (False,)]
    assert hops[0].scores == tuple(BM25Retriever(WORLD).search(["Vel Film"], k=4).scores[0])
    assert generator.seen == [
        ("Vel Film", ["Vel Film"]),
        ("Vel Film", ["Vel Film", "Tessa Town"]),
    ]


def test_a_row_is_the_fusion_of_its_hops():
    retriever = RecursiveRetriever(DOCUMENTS, fusion="rrf", hops=3, depth=7)
    for query, hits, parts in zip(
        QUERIES,
        retriever.search(QUERIES, k=5),
        retriever.search(QUERIES, k=5).components,
        strict=True,
    ):
        (hops,) = retriever.trace([query], k=5)
        rankings = {
            f"hop {hop.number}": [
                (document.id, score)
                for document, score in zip(hop.documents, hop.scores, strict=True)
            ]
            for hop in hops
        }
        weights = dict.fromkeys(rankings, 1 / len(rankings))
        expected = fuse(rankings, "rrf", weights)[:5]
        assert [(document.id, score) for document, score in hits] == [
            (one.id, one.score) for one in expected
        ]
        assert parts == [one.components for one in expected]


def test_a_query_is_never_asked_twice():
    for again in ("Vel Film", " vel  FILM ", "", "  "):
        (hops,) = RecursiveRetriever(WORLD, hops=5, generator=Scripted(again)).trace(
            ["Vel Film"], k=2
        )
        assert len(hops) == 1


def test_all_questions_take_a_hop_together():
    base = Counting(WORLD)
    retriever = RecursiveRetriever(WORLD, base=base, hops=3)
    hits = retriever.search([QUESTION, "nothing known", "Tessa Town"], k=2)
    assert [len(batch) for batch in base.batches] == [3, 1, 1]
    assert hits.ids[1] == []
    assert retriever.search([QUESTION], k=2)[0] == hits[0]


def test_one_hop_alone_ranks_as_the_base():
    alone = RecursiveRetriever(DOCUMENTS, hops=1)
    assert alone.search(QUERIES, k=9).ids == BM25Retriever(DOCUMENTS).search(QUERIES, k=9).ids


def test_the_budget_bounds_the_new_documents():
    for budget in (1, 2, 3):
        retriever = RecursiveRetriever(DOCUMENTS, budget=budget, hops=4)
        for hops in retriever.trace(QUERIES, k=6):
            assert sum(sum(hop.new) for hop in hops) <= budget
            found = {document.id for hop in hops for document in hop.documents}
            assert len(found) <= budget
    (hops,) = RecursiveRetriever(WORLD, budget=1, hops=4).trace([QUESTION], k=3)
    assert len(hops) == 1


def test_a_base_that_fails_fails_the_search():
    class Later(Counting):
        def search(self, queries, k):
            if self.batches:
                raise RetrievalError("out of reach")
            return super().search(queries, k)

    with pytest.raises(RetrievalError, match="out of reach"):
        RecursiveRetriever(WORLD, base=Later(WORLD)).search([QUESTION], k=2)


def test_a_base_that_gives_too_few_rows_fails():
    class Short(Counting):
        def search(self, queries, k):
            return Hits([[]], [[]])

    with pytest.raises(RetrievalError, match="'base' gave 1 rows for 2 queries"):
        RecursiveRetriever(WORLD, base=Short(WORLD)).search(["a", "b"], k=2)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"hops": 0}, ConfigError, "hops is 0; give a whole number from 1"),
        ({"depth": 0}, ConfigError, "depth is 0"),
        ({"budget": 0}, ConfigError, "budget is 0"),
        ({"fusion": "sum"}, UnknownNameError, "Unknown fusion 'sum'"),
        ({"generator": "title"}, UnknownNameError, "generator 'title'. Did you mean 'titles'"),
        ({"generator": 5}, ConfigError, "5 is no query generator: it needs `fingerprint`"),
        ({"generator": Scripted}, ConfigError, "is no query generator"),
        ({"base": "bm52"}, UnknownNameError, "'bm52'. Did you mean 'bm25'"),
    ],
)
def test_bad_parameters_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        RecursiveRetriever(DOCUMENTS, **keywords)


def test_a_generator_that_writes_no_query_is_refused():
    with pytest.raises(ConfigError, match="Scripted returned 5; it must return the next query"):
        RecursiveRetriever(WORLD, generator=Scripted(5)).search(["Vel Film"], k=2)


OWN = """
class Again:
    fingerprint = "again"
    def __init__(self, documents):
        self.titles = [document.title for document in documents]
    def __call__(self, question, hops):
        return self.titles[-1]
"""


def test_a_generator_of_ones_own_by_file(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    retriever = make_retriever(f"recursive?generator={tmp_path}/mine.py:Again", WORLD)
    assert [hop.query for hop in retriever.trace(["Vel Film"], k=1)[0]] == ["Vel Film", "Other"]


def test_the_fingerprint_names_every_setting():
    keywords = [
        {},
        {"base": "tfidf"},
        {"hops": 3},
        {"generator": "entities"},
        {"depth": 5},
        {"budget": 5},
        {"fusion": "rrf"},
    ]
    keywords.append({"generator": TitleGenerator(WORLD)})
    made = {RecursiveRetriever(DOCUMENTS, **k).fingerprint for k in keywords}
    assert len(made) == len(keywords)
    expected = f"RecursiveRetriever({RECURSIVE.base!r}, 2 hops, {RECURSIVE.fingerprint})"
    assert repr(RECURSIVE) == expected


# --- saving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["bm25", 'hybrid?children=["bm25","tfidf"]'])
def test_a_saved_one_opens_by_its_folder(tmp_path, base):
    built = RecursiveRetriever(DOCUMENTS, base=base, hops=3, budget=9, generator="entities")
    built.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is RecursiveRetriever
    assert loaded.search(QUERIES, k=9) == built.search(QUERIES, k=9)


def test_a_generator_given_as_an_object_cannot_be_saved(tmp_path):
    retriever = RecursiveRetriever(WORLD, generator=Scripted("x"))
    with pytest.raises(ConfigError, match="Scripted has no registered name, so no folder can hold"):
        retriever.save(tmp_path / "index")
    GENERATORS.register("other", "Asks for Other.", lambda documents: Scripted("other"))
    try:
        RecursiveRetriever(WORLD, generator="other").save(tmp_path / "index")
        (hops,) = make_retriever(tmp_path / "index").trace(["Vel Film"], k=1)
    finally:
        GENERATORS._factories.pop("other")
    assert [hop.query for hop in hops] == ["Vel Film", "other"]


def test_a_file_chooses_no_code_that_runs(tmp_path):
    """A folder that somebody sent must not import what its manifest names."""
    (tmp_path / "mine.py").write_text(OWN + "\nraise SystemExit('ran')")
    RECURSIVE.save(tmp_path / "index")
    change(tmp_path / "index", {"generator": f"{tmp_path}/mine.py:Again"})
    with pytest.raises(
        DataError, match=r"a query generator that is not registered here: .*Register it"
    ):
        RecursiveRetriever.load(tmp_path / "index")


def change(folder, settings):
    content = json.loads((folder / "manifest.json").read_text())
    content["settings"].update(settings)
    (folder / "manifest.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hops": 0}, "its settings are damaged"),
        ({"depth": "x"}, "its settings are damaged"),
        ({"fusion": "sum"}, "its settings are damaged"),
        ({"generator": "title"}, "its settings are damaged"),
        ({"hops": 3}, "a part of this index was replaced"),
    ],
)
def test_changed_settings_are_refused(tmp_path, settings, message):
    RECURSIVE.save(tmp_path / "index")
    change(tmp_path / "index", settings)
    with pytest.raises(DataError, match=message):
        RecursiveRetriever.load(tmp_path / "index")
