import json

import pytest
from rag_runs import copied, same
from tiny_llms import needs_llms

needs_llms()
from tiny_rag import DOCUMENTS, QUESTIONS, model  # noqa: E402

from hopgym.agents.model_folder import read_model_folder  # noqa: E402
from hopgym.agents.rag.saving import (  # noqa: E402
    SHAPE,
    load_rag,
    read_shape,
    retriever_spec,
    save_rag,
)
from hopgym.errors import ConfigError, DataError  # noqa: E402
from hopgym.retrieval import make_retriever  # noqa: E402


def test_a_model_is_saved_and_loaded_as_it_was(tmp_path):
    made = model("fid", n_docs=2, temperature=2.0).eval()
    save_rag(made, tmp_path / "my folder", {"seed": 1})
    again = load_rag(tmp_path / "my folder")
    assert same(copied(made), copied(again)) and not again.training
    assert (again.variant, again.n_docs, again.towers.temperature) == ("fid", 2, 2.0)
    documents = [DOCUMENTS] * 2
    assert again.answer(QUESTIONS, documents) == made.answer(QUESTIONS, documents)
    kind, options = read_model_folder(tmp_path / "my folder")
    assert kind == "rag" and options == {"model": str(tmp_path / "my folder")}
    names = {path.name for path in (tmp_path / "my folder").iterdir()}
    assert names == {"rag.json", "hopgym.json", "towers", "generator"}
    assert not list(tmp_path.rglob("*.bin")) and not list(tmp_path.rglob("*.pt"))


def test_its_towers_are_a_retriever_by_name(tmp_path):
    made = model().eval()
    save_rag(made, tmp_path / "my & folder", {})
    retriever = make_retriever(retriever_spec(tmp_path / "my & folder"), DOCUMENTS)
    hits = retriever.search(QUESTIONS, 3)
    scores = made.doc_scores(QUESTIONS, [DOCUMENTS] * 2).detach() * made.towers.temperature
    for row, ids, found in zip(scores.tolist(), hits.ids, hits.scores, strict=True):
        own = dict(zip("abc", row, strict=True))
        assert found == pytest.approx([own[id] for id in ids], abs=1e-4)


def test_what_is_no_rag_or_damaged_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no RAG: there is no rag\.json"):
        load_rag(tmp_path)
    (tmp_path / SHAPE).write_text(json.dumps({"variant": "both"}))
    with pytest.raises(DataError, match="does not say how the model is used"):
        read_shape(tmp_path)
    (tmp_path / SHAPE).write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        read_shape(tmp_path)
    (tmp_path / SHAPE).write_text("{}")
    with pytest.raises(ConfigError, match="holds no towers"):
        load_rag(tmp_path)
