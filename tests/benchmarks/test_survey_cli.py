import json

import pytest
from typer.testing import CliRunner

from hopgym.__main__ import build_app

LINE = {"id": "1", "question": "Who made the Ull?", "answer": "Ada"}


@pytest.fixture
def asked(tmp_path):
    def ask(line, options=""):
        file = tmp_path / "mine.jsonl"
        file.write_text(json.dumps(line))
        result = CliRunner().invoke(build_app(), ["questions", f"{file}{options}"])
        return result.exit_code, " ".join(result.output.split())

    return ask


def test_a_set_is_told_with_what_it_can_be_played_in(asked, tmp_path):
    status, said = asked(LINE)
    assert status == 0 and "train" in said and "few questions" in said
    assert "RAG: with a retriever that brings documents, or ?documents=FILE" in said
    assert "KGSubgraph (and the learners sb3 and drag): no; questions need `facts`" in said
    (tmp_path / "docs.jsonl").write_text(json.dumps({"id": "d", "title": "Ull", "text": "Ada."}))
    status, said = asked(LINE, f"?documents={tmp_path / 'docs.jsonl'}")
    assert status == 0 and "1 documents" in said and "RAG: yes" in said


def test_a_mistake_is_told_by_the_status_too(asked):
    status, said = asked({**LINE, "document_idz": ["d"]})
    assert status == 1 and "wrong" in said and "document_idz" in said
