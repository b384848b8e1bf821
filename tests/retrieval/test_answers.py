import math
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from hopgym.core import Document
from hopgym.errors import DataError, RetrievalError
from hopgym.retrieval import answers as answers_module
from hopgym.retrieval.answers import Answer, Answers

ADA = Document("a", "Ada", "A mathematician.", "Academy", {"year": 1815})
BOB = Document("b", "Bob", "\u2028 Ω \x00")
BOTH = Answer([ADA, BOB], [2.5, 1.0], [{"bm25": 2.0, "links": 0.5}, {}])
NONE = Answer([], [])


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cache" / "answers.sqlite3"


def test_what_was_put_is_got(file):
    Answers(file).put("r", {"ada": BOTH, "": NONE, "\ud800": BOTH, "plain": Answer([BOB], [1])}, 3)
    found = Answers(file).get("r", ["ada", "", "\ud800", "plain", "other"], 3)
    assert found == {"ada": BOTH, "": NONE, "\ud800": BOTH, "plain": Answer([BOB], [1.0])}


def test_an_answer_is_of_one_retriever_query_and_k(file):
    answers = Answers(file)
    answers.put("r", {"ada": BOTH}, 3)
    assert answers.get("s", ["ada"], 3) == {}
    assert answers.get("r", ["ada"], 4) == {}
    assert answers.get("r", ["Ada", "ada "], 3) == {}


def test_the_last_answer_stays(file):
    answers = Answers(file)
    answers.put("r", {"ada": BOTH}, 3)
    answers.put("r", {"ada": NONE}, 3)
    assert answers.get("r", ["ada"], 3) == {"ada": NONE}


def test_many_queries_at_once(file):
    many = {str(n): Answer([Document(str(n), "", "")], [1.0]) for n in range(2300)}
    answers = Answers(file)
    answers.put("r", many, 1)
    assert answers.get("r", many, 1) == many


def test_a_document_is_kept_once(file):
    answers = Answers(file)
    answers.put("r", {str(n): BOTH for n in range(9)}, 3)
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM documents").fetchone() == (2,)


def test_a_batch_is_kept_as_a_whole_or_not_at_all(file):
    answers = Answers(file)
    odd = Answer([Document("x", "", "", metadata={"odd": {1, 2}, "x": object()})], [1.0])
    with pytest.raises(RetrievalError, match=r"document 'x' cannot be kept: it holds what JSON"):
        answers.put("r", {"ada": BOTH, "odd": odd}, 3)
    assert answers.get("r", ["ada"], 3) == {}


def test_retrievers_are_noted_with_their_corpus(file):
    answers = Answers(file)
    answers.enter("r", "")
    answers.enter("r", "c1")
    answers.enter("r", "")
    answers.enter("s", "c2")
    assert answers.retrievers() == {"r": "c1", "s": "c2"}


def test_reading_alone_changes_nothing(file):
    Answers(file).put("r", {"ada": BOTH}, 3)
    file.chmod(0o444)
    before = file.read_bytes()
    reader = Answers(file, writable=False)
    assert reader.get("r", ["ada"], 3) == {"ada": BOTH}
    with pytest.raises(RetrievalError, match=r"the cache failed \(attempt to write a readonly"):
        reader.put("r", {"bob": BOTH}, 3)
    assert file.read_bytes() == before


def test_what_is_absent_cannot_be_read_alone(file):
    with pytest.raises(DataError, match="does not exist, so there is nothing to replay"):
        Answers(file, writable=False)
    assert not file.parent.exists()


def test_a_file_that_is_no_database_is_refused(file):
    file.parent.mkdir()
    file.write_bytes(b"no database " * 100)
    with pytest.raises(DataError, match=r"not a database.*Give another folder, or remove"):
        Answers(file)
    assert file.read_bytes() == b"no database " * 100


def test_anothers_database_is_refused_and_left_alone(file):
    file.parent.mkdir()
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE theirs (x)")
    for writable in (True, False):
        with pytest.raises(DataError, match="is no cache of ours"):
            Answers(file, writable=writable)
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_damage_seen_only_later_is_an_error_and_never_an_empty_row(file):
    answers = Answers(file)
    answers.put("r", {"ada": BOTH}, 3)
    with sqlite3.connect(file) as database:
        database.execute("DELETE FROM documents")
    with pytest.raises(RetrievalError, match="the cache failed"):
        answers.get("r", ["ada"], 3)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE answers SET hits = ?", (b'{"scores": 5}',))
    with pytest.raises(RetrievalError, match="the cache failed"):
        answers.get("r", ["ada"], 3)


def test_threads_share_a_file(file):
    answers = Answers(file)

    def work(n):
        answers.put("r", {f"{n % 10}": Answer([ADA], [float(n % 10)])}, 1)
        return answers.get("r", [f"{n % 10}"], 1)[f"{n % 10}"].scores

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(60))) == [[float(n % 10)] for n in range(60)]


PUT = """
import sys
from pathlib import Path
from hopgym.core import Document
from hopgym.retrieval.answers import Answer, Answers
answers = Answers(Path(sys.argv[1]))
for n in range(20):
    answers.put("r", {f"{sys.argv[2]}-{n}": Answer([Document("a", "", "")], [1.0])}, 1)
"""


def test_processes_share_a_file(file):
    runs = [subprocess.Popen([sys.executable, "-c", PUT, str(file), str(n)]) for n in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    names = [f"{n}-{m}" for n in range(3) for m in range(20)]
    assert len(Answers(file).get("r", names, 1)) == 60


MAKE = """
import sys, time
from pathlib import Path
from hopgym.retrieval.answers import Answers
for n in range(40):
    start = float(sys.argv[2]) + n / 50
    time.sleep(max(0, start - time.time()))
    Answers(Path(sys.argv[1]) / str(n) / "a.sqlite3")
"""


def test_defect_processes_make_a_file_at_once(tmp_path):
    """One saw the tables of another that had not marked its file yet, and called it no cache."""
    command = [sys.executable, "-c", MAKE, str(tmp_path), str(time.time() + 2)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [run.communicate()[1] for run in runs] == [""] * 4


def test_a_file_is_made_as_a_whole_or_not_at_all(file, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("hopgym.retrieval.answers._TABLES", (*answers_module._TABLES, "CREATE odd"))
        with pytest.raises(DataError, match="the cache failed"):
            Answers(file)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        assert database.execute("PRAGMA application_id").fetchone() == (0,)
    Answers(file).put("r", {"ada": BOTH}, 3)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_defect_a_score_that_json_cannot_hold_is_refused_and_spoils_nothing(file, number):
    answers = Answers(file)
    for odd in (Answer([ADA], [number]), Answer([ADA], [1.0], [{"bm25": number}])):
        with pytest.raises(RetrievalError, match=rf"query 'odd' is {number}, so .* Mend the retr"):
            answers.put("r", {"ada": BOTH, "odd": odd}, 3)
    assert answers.get("r", ["ada", "odd"], 3) == {}


def test_what_put_returns_is_what_get_will(file):
    document = Document("a", "", "", metadata={"pair": (1, 2), "by": {1: math.nan}})
    put = Answers(file).put("r", {"q": Answer([document], [1]), "ada": BOTH}, 3)
    assert put["q"].documents[0].metadata == {"pair": [1, 2], "by": {"1": None}}
    assert put == Answers(file).get("r", ["q", "ada"], 3)
    big = Answer([Document("a", "", "", metadata={"big": 2**70})], [1.0])
    assert Answers(file).put("r", {"big": big}, 3) == Answers(file).get("r", ["big"], 3)
    unreadable = Answer([Document("a", None, "")], [1.0])
    with pytest.raises(RetrievalError, match="document 'a' cannot be kept"):
        Answers(file).put("r", {"odd": unreadable}, 3)
