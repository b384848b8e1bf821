import copy

import pytest
from kb_files import document, inside, records, write_lines

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.kb import Recipe, RetrievalManager, build, prepare_knowledge_base, verify

ROWS = records(20)
DOCUMENTS = [document(row) for row in ROWS]
ADA = Document("ada", "Ada Lovelace", "She wrote the first program.")
SPECS = ["simple", "bm25", "dense?encoder=hashing", "tantivy"]
SPECS += ['hybrid?children=["bm25","dense?encoder=hashing"]']


@pytest.fixture
def file(tmp_path):
    return write_lines(tmp_path / "d.jsonl", ROWS)


def manager_of(documents, spec="bm25"):
    manager = RetrievalManager(spec)
    manager.add_documents(documents)
    return manager


def ids(found):
    return [document.id for document in found]


@pytest.mark.parametrize("spec", SPECS)
def test_it_retrieves_what_its_retriever_does(spec):
    manager = manager_of(DOCUMENTS, spec)
    hits = make_retriever("tfidf" if spec == "simple" else spec, DOCUMENTS).search(["entry 7"], 5)
    found = manager.retrieve("entry 7", top_k=5)
    assert ids(found) == hits.ids[0]
    assert [document.score for document in found] == hits.scores[0]
    assert [document.rank for document in found] == [1, 2, 3, 4, 5][: len(found)]


def test_the_default_needs_nothing_but_numpy():
    """The seed's SimpleRetriever: TF-IDF without dependencies."""
    manager = RetrievalManager()
    manager.add_documents(DOCUMENTS)
    assert ids(manager.retrieve("entry 7"))[0] == "d00007"
    assert len(manager.retrieve("entry")) == 5


def test_a_batch_is_its_queries_one_by_one():
    manager = manager_of(DOCUMENTS)
    queries = ["entry 7", "zzz", "river"]
    assert manager.batch_retrieve(queries, 3) == [manager.retrieve(q, 3) for q in queries]


def test_defect_a_later_query_does_not_change_what_was_found():
    """Seed 004 wrote scores into the documents themselves."""
    manager = manager_of(DOCUMENTS)
    first = manager.retrieve("entry 7")
    before = copy.deepcopy(first)
    manager.retrieve("river king entry 7 place")
    assert first == before


def test_documents_added_are_found_from_then_on():
    manager = manager_of(DOCUMENTS)
    assert manager.retrieve("program") == []
    manager.add_documents([ADA])
    assert ids(manager.retrieve("program")) == ["ada"]
    manager.add_documents(manager_of([Document("bob", "Bob", "lighthouse")]).retrieve("lighthouse"))
    assert ids(manager.retrieve("lighthouse")) == ["bob"]
    assert len(manager.documents) == 22


@pytest.mark.parametrize("spec", SPECS)
def test_documents_deleted_are_found_no_more_and_count_in_no_score(spec, tmp_path):
    manager = manager_of([*DOCUMENTS, ADA], spec)
    assert ids(manager.retrieve("first program", 1)) == ["ada"]
    manager.delete_documents(["ada"])
    assert manager.batch_retrieve(["first program", "entry 7"], 5) == manager_of(
        DOCUMENTS, spec
    ).batch_retrieve(["first program", "entry 7"], 5)
    manager.save_knowledge_base(tmp_path / "kb")
    loaded = RetrievalManager(knowledge_base_path=tmp_path / "kb")
    loaded.delete_documents([DOCUMENTS[0].id])
    assert len(loaded.documents) == 19 and verify(tmp_path / "kb").passages == 20


def test_what_is_not_there_is_not_deleted():
    manager = manager_of([ADA])
    with pytest.raises(DataError, match="no document 'bob', so none was deleted"):
        manager.delete_documents(["ada", "bob"])
    with pytest.raises(ConfigError, match="give a list of ids"):
        manager.delete_documents("ada")
    manager.delete_documents(["ada"])
    with pytest.raises(ConfigError, match="no documents to retrieve"):
        manager.retrieve("program")


def test_a_taken_id_adds_nothing():
    manager = manager_of(DOCUMENTS)
    with pytest.raises(DataError, match="both have the id 'd00003'"):
        manager.add_documents([ADA, Document("d00003", "", "Another.")])
    assert manager.retrieve("program") == [] and len(manager.documents) == 20


@pytest.mark.parametrize("position", ["before_user", "after_system"])
def test_a_conversation_gets_documents_and_is_not_changed(position):
    chat = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "assistant", "content": "Ask."},
            {"role": "user", "content": "Who wrote the first program?"},
        ],
        "id": 7,
    }
    before = copy.deepcopy(chat)
    made = manager_of([*DOCUMENTS, ADA]).augment_conversation(
        chat, top_k=2, insert_position=position
    )
    assert chat == before and made["id"] == 7
    place = 2 if position == "before_user" else 1
    assert made["messages"][place]["role"] == "retrieval"
    assert made["messages"][place]["documents"][0]["content"] == ADA.text
    assert [m for m in made["messages"] if m["role"] != "retrieval"] == chat["messages"]


@pytest.mark.parametrize("spec", SPECS)
def test_a_base_is_saved_and_loaded(tmp_path, spec):
    manager = manager_of(DOCUMENTS, spec)
    about = manager.save_knowledge_base(tmp_path / "kb")
    assert about == verify(tmp_path / "kb") and about.passages == 20
    loaded = RetrievalManager(knowledge_base_path=tmp_path / "kb")
    assert loaded.retrieve("entry 7 river") == manager.retrieve("entry 7 river")
    other = manager_of([ADA])
    other.load_knowledge_base(tmp_path / "kb")
    assert other.retrieve("entry 7 river") == manager.retrieve("entry 7 river")


@pytest.mark.parametrize("spec", SPECS)
def test_a_loaded_base_takes_documents_and_stays_as_it_is_on_disk(tmp_path, file, spec):
    recipe = Recipe("tfidf" if spec == "simple" else spec, chunk_tokens=50)
    build(tmp_path / "kb", [file], recipe)
    before = inside(tmp_path / "kb")
    manager = RetrievalManager(knowledge_base_path=tmp_path / "kb")
    manager.add_documents([ADA])
    assert ids(manager.retrieve("program", 1)) == ["ada"]
    assert inside(tmp_path / "kb") == before
    about = manager.save_knowledge_base(tmp_path / "kb")
    assert about.passages == 21 and about.recipe == recipe
    assert about == verify(tmp_path / "kb")
    assert ids(RetrievalManager(None, tmp_path / "kb").retrieve("program", 1)) == ["ada"]


def test_the_type_and_the_base_must_agree(tmp_path, file):
    build(tmp_path / "kb", [file], Recipe("bm25?k1=1.2"))
    for type in (None, "bm25", "bm25?k1=1.2"):
        assert RetrievalManager(type, tmp_path / "kb").retrieve("entry 7")
    with pytest.raises(ConfigError, match=r"knowledge base of 'bm25\?k1=1.2', not 'dense'"):
        RetrievalManager("dense", tmp_path / "kb")


def test_mistakes_are_told(tmp_path):
    with pytest.raises(ConfigError, match="no documents to retrieve"):
        RetrievalManager().retrieve("x")
    with pytest.raises(ConfigError, match="no documents to retrieve"):
        RetrievalManager().save_knowledge_base(tmp_path / "kb")
    with pytest.raises(UnknownNameError, match="'bm25'"):
        RetrievalManager("bm52")
    with pytest.raises(ConfigError, match="takes no model"):
        RetrievalManager("bm25", model_name="minilm")
    with pytest.raises(DataError, match="is no saved index"):
        RetrievalManager(knowledge_base_path=tmp_path)
    with pytest.raises(ConfigError, match="k is 0"):
        manager_of(DOCUMENTS).retrieve("x", top_k=0)
    make_retriever("bm25", DOCUMENTS).save(tmp_path / "index")
    with pytest.raises(DataError, match="no knowledge base"):
        RetrievalManager(knowledge_base_path=tmp_path / "index")


def test_documents_go_to_a_file_and_come_back(tmp_path):
    path = tmp_path / "out.jsonl.gz"
    assert RetrievalManager.save_documents_to_jsonl(DOCUMENTS, path) == 20
    assert RetrievalManager.load_documents_from_jsonl(path) == DOCUMENTS
    found = manager_of(DOCUMENTS).retrieve("entry 7", 1)
    RetrievalManager.save_documents_to_jsonl(found, path)
    assert RetrievalManager.load_documents_from_jsonl(path) == [found[0].document]


def test_the_seeds_documents_are_read(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [{"id": "a", "title": "Ada", "content": "One."}])
    assert RetrievalManager.load_documents_from_jsonl(path) == [Document("a", "Ada", "One.")]


def test_a_base_is_prepared_in_one_call(tmp_path, file):
    about = prepare_knowledge_base(file, tmp_path / "kb", model_name="hashing")
    assert about.recipe.retriever == "dense?encoder=hashing"
    assert RetrievalManager("dense", tmp_path / "kb").retrieve("entry 7 river king")
