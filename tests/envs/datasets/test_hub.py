import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.hub import reachable, rows
from hopgym.errors import DataError, MissingExtraError
from hopgym.files import write_jsonl


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No network, and a cache of this test alone; `datasets` reads its settings when imported."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", str(tmp_path / "modules"))


@pytest.fixture
def hub(tmp_path):
    """A folder that stands for a data set on the hub."""
    write_jsonl(tmp_path / "hub/train.jsonl", [{"id": "a", "x": None}, {"id": "b", "x": [1]}])
    write_jsonl(tmp_path / "hub/test.jsonl", [{"id": "c", "x": []}])
    return str(tmp_path / "hub")


def test_rows_come_with_their_places(hub):
    assert list(rows(hub, None, "train")) == [
        (f"{hub} train row 1", {"id": "a", "x": None}),
        (f"{hub} train row 2", {"id": "b", "x": [1]}),
    ]
    assert [row["id"] for _, row in rows(hub, "", "test")] == ["c"]


def test_what_cannot_be_had_is_named_with_the_cure(hub, tmp_path):
    cure = r"could not be loaded: .*download its file once and pass path=FILE"
    with pytest.raises(DataError, match=rf"hub \(default, dev\) {cure}"):
        list(rows(hub, None, "dev"))
    with pytest.raises(DataError, match=rf"hub \(nq, train\) {cure}"):
        list(rows(hub, "nq", "train"))
    with pytest.raises(DataError, match=rf"none \(default, train\) {cure}"):
        list(rows(str(tmp_path / "none"), None, "train"))
    (tmp_path / "hub/train.jsonl").write_text('{"id": "a"}\n{"id"')
    with pytest.raises(DataError, match=rf"hub \(default, train\) {cure}"):
        list(rows(hub, None, "train"))


@pytest.mark.parametrize(
    ("name", "hub_name"),
    [
        ("hotpotqa", r"hotpotqa/hotpot_qa \(distractor, train\)"),
        ("two_wiki", r"voidful/2WikiMultihopQA \(default, train\)"),
        ("musique", r"dgslibisey/MuSiQue \(default, train\)"),
        ("bamboogle", r"chiayewken/bamboogle \(default, test\)"),
        ("flashrag?hub_config=popqa", r"RUC-NLPIR/FlashRAG_datasets \(popqa, train\)"),
    ],
)
def test_every_set_of_the_hub_says_that_there_is_no_network(name, hub_name):
    with pytest.raises(DataError, match=rf"{hub_name} could not be loaded: .*Without a network"):
        make_questions(name)


def test_a_hub_out_of_reach_is_told_at_once_and_quietly(monkeypatch, capfd):
    datasets = pytest.importorskip("datasets")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    started = time.monotonic()
    with pytest.raises(DataError, match=r"none/such .*Without a network"):
        list(rows("none/such", None, "train"))
    assert time.monotonic() - started < 30 and "Retry" not in "".join(capfd.readouterr())
    assert (constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE) == (False, False)


@pytest.mark.parametrize("status", [200, 404])
def test_a_hub_that_answers_anything_is_in_reach(monkeypatch, status):
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        assert reachable()
    finally:
        server.shutdown()
        server.server_close()
    assert not reachable()
    monkeypatch.setenv("HF_ENDPOINT", "no address")
    assert not reachable()


RECORDS = {
    "hotpotqa": {
        "id": "q",
        "question": "Who?",
        "answer": "Ada",
        "type": None,
        "supporting_facts": {"title": ["Vel"], "sent_id": [0]},
        "context": {"title": ["Vel", "Orm"], "sentences": [["By Ada."], ["A", " name."]]},
    },
    "two_wiki": {
        "_id": "q",
        "question": "Who?",
        "answer": "Ada",
        "supporting_facts": [["Vel", 0]],
        "evidences": [["Vel", "director", "Ada"]],
        "context": [["Vel", ["By Ada."]], ["Orm", ["A", "name."]]],
    },
    "musique": {
        "id": "2hop__q",
        "question": "Who?",
        "answer": "Ada",
        "answer_aliases": [],
        "question_decomposition": [
            {"question": "Who?", "answer": "Ada", "paragraph_support_idx": 0}
        ],
        "paragraphs": [
            {"title": "Vel", "paragraph_text": "By Ada.", "is_supporting": True},
            {"title": "Orm", "paragraph_text": "A name.", "is_supporting": False},
        ],
    },
    "flashrag": {"id": "q", "question": "Who?", "golden_answers": ["Ada"], "metadata": None},
}


@pytest.mark.parametrize("name", RECORDS)
def test_each_loader_reads_the_hubs_rows(tmp_path, name):
    write_jsonl(tmp_path / "hub/train.jsonl", [RECORDS[name]])
    options = {"hub_config": ""} if name in ("hotpotqa", "flashrag") else {}
    made = make_questions(name, hub_name=str(tmp_path / "hub"), **options)
    assert (made.name, made.splits) == (name, ("train",))
    (question,) = made.questions("train")
    assert (question.text, question.answers) == ("Who?", ("Ada",))
    assert len(question.hops) == (name == "musique")
    if name != "flashrag":
        assert [(d.title, d.text) for d in made.documents] == [
            ("Vel", "By Ada."),
            ("Orm", "A name."),
        ]
        assert question.document_ids == (made.documents[0].id,)


def test_bamboogles_only_split_on_the_hub_is_test(tmp_path):
    write_jsonl(tmp_path / "hub/test.jsonl", [{"Question": "Who?", "Answer": "Ada"}])
    made = make_questions("bamboogle", hub_name=str(tmp_path / "hub"))
    (question,) = made.questions("train")
    assert question == Question(question.id, "Who?", ("Ada",))


def test_a_bad_row_is_named(hub):
    with pytest.raises(DataError, match=r"hub train row 1: field `question` is missing"):
        make_questions(f"flashrag?hub_name={hub}&hub_config=")


def test_without_the_library_the_command_that_installs_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"hopgym\[hub\]\""):
        list(rows("any", None, "train"))
