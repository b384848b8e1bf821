import pytest
from small_collections import FILMS, write_data

from hopgym.benchmarks.retrieval_data import COLLECTIONS, cacm, place, tuning, union
from hopgym.core import Document, Question
from hopgym.errors import DataError


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize(
    ("name", "questions"), [("2wiki", 8), ("hotpotqa", FILMS), ("musique", FILMS), ("union", 8)]
)
def test_each_collection_holds_the_gold_of_its_questions(data, name, questions):
    collection = COLLECTIONS[name](data)
    assert collection.name == name
    assert len(collection.questions) == questions
    titles = {document.id: document.title for document in collection.documents}
    for question in collection.questions:
        found = [titles[id] for id in question.document_ids]
        assert found == question.metadata["gold_titles"]
        assert len(found) == 2


def test_a_homonym_of_another_set_is_no_gold(data):
    collection = union(data)
    assert sum(d.title == "Film Qa" for d in collection.documents) == 2
    assert all("other" not in question.document_ids for question in collection.questions)


def test_a_title_that_two_passages_bear_names_neither():
    question = Question("q", "?", ("x",), metadata={"gold_titles": ["Vel", "Ada"]})
    vel, ada = Document("1", "Vel", "A film."), Document("2", "Ada", "")
    assert place([question], [vel, ada])[0].document_ids == ("1", "2")
    assert place([question], [vel, ada, Document("3", "Vel", "A river.")]) == ()
    assert place([question], [vel]) == ()
    assert place([Question("q", "?", ("x",))], [vel]) == ()


def test_parameters_are_chosen_on_questions_that_no_table_measures(data):
    chosen_on = tuning(data).questions
    assert [question.id for question in chosen_on] == ["q8", "q9", "q10", "q11"]
    for name in ("2wiki", "union"):
        measured = COLLECTIONS[name](data).questions
        assert not {q.id for q in measured} & {q.id for q in chosen_on}
        assert not {q.text for q in measured} & {q.text for q in chosen_on}


def test_cacm_is_read_from_its_archive(data):
    found = cacm(data)
    assert [document.id for document in found.documents] == ["CACM-1", "CACM-2", "CACM-3"]
    assert found.documents.by_id("CACM-3").text.split() == ["café", "sorting"]
    assert found.topics == {"1": "sorting", "2": "time sharing", "3": "nothing of this kind"}
    assert set(found.qrels) == {"1", "2"}
    assert found.run["1"] == [("CACM-3", 2.0), ("CACM-2", 1.0)]


def test_what_is_missing_or_damaged_is_refused(tmp_path):
    for read in COLLECTIONS.values():
        with pytest.raises(DataError, match="No file"):
            read(tmp_path)
    data = write_data(tmp_path / "data")
    (data / "retrieval" / "cacm" / "cacm.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"cacm\.tar\.gz: could not be read"):
        cacm(data)
    (data / "retrieval" / "cacm" / "cacm.tar.gz").unlink()
    with pytest.raises(DataError, match=r"No file .*cacm\.tar\.gz"):
        cacm(data)
    corpus = data / "corpus" / "wiki_union_corpus.jsonl.gz"
    two_wiki = data / "2wikimultihopqa" / "2wikimultihopqa_corpus.json.gz"
    corpus.write_bytes(two_wiki.read_bytes())  # passages without sources
    with pytest.raises(DataError, match=r"wiki_union_corpus\.jsonl\.gz: lacks passages"):
        union(data)


def test_the_real_files_have_the_sizes_that_are_published(shared_data):
    sizes = {"2wiki": (1000, 6119), "hotpotqa": (300, 2955), "musique": (100, 1890)}
    sizes["union"] = (1000, 20_546)
    for name, (questions, passages) in sizes.items():
        collection = COLLECTIONS[name](shared_data)
        assert (len(collection.questions), len(collection.documents)) == (questions, passages)
        ids = {document.id for document in collection.documents}
        assert all(ids.issuperset(question.document_ids) for question in collection.questions)
    assert len(tuning(shared_data).questions) == 226
