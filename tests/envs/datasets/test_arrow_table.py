import pickle

import pytest

from hopgym.core import Fact
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.arrow_table import columns, parquet
from hopgym.envs.datasets.lazy import LazyQuestions
from hopgym.errors import DataError, MissingExtraError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")


def row(n, **change):
    graph = [[f"e{n}", "r", f"e{m}"] for m in range(n)]
    record = {"id": f"q{n}", "question": f"Who is {n}?", "answer": [f"e{n - 1}"], "choices": None}
    return {**record, "q_entity": [f"e{n}"], "a_entity": [f"e{n - 1}"], "graph": graph, **change}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def write(tmp_path):
    arrow, tables = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def written(rows, name="t.parquet", **options):
        tables.write_table(arrow.Table.from_pylist(rows), tmp_path / name, **options)
        return tmp_path / name

    return written


def test_graphs_stay_in_the_file_until_asked_for(write):
    file = write([row(n) for n in range(1, 6)])
    made = make_questions(file, split="dev")
    questions = made.questions("dev")
    assert isinstance(questions, LazyQuestions) and not questions._made
    assert (made.name, made.splits, len(questions)) == ("rog", ("dev",), 5)
    assert [q.id for q in questions] == [f"q{n}" for n in range(1, 6)] == list(questions.ids)
    assert questions[1].facts == (Fact("e2", "r", "e0"), Fact("e2", "r", "e1"))
    assert questions[1].topic_entities == ("e2",) and questions[1].answer_entities == ("e1",)
    assert [q.id for q in make_questions(f"webqsp?path={file}&limit=2").questions("train")] == [
        "q1",
        "q2",
    ]
    assert list(pickle.loads(pickle.dumps(questions))) == list(questions)


def test_rows_that_are_skipped_do_not_move_the_graphs(write):
    file = write([row(1), row(2, answer=[]), row(3, question=" "), row(1), row(4)])
    with pytest.raises(DataError, match=r"t.parquet row 3: field `question` must be text"):
        make_questions(f"webqsp?path={file}").questions("train")
    made = make_questions(f"webqsp?path={file}&strict=false")
    questions = made.questions("train")
    assert [len(q.facts) for q in questions] == [1, 4]
    assert [line.partition(": ")[0][-5:] for line in made.skipped] == ["row 2", "row 3", "row 4"]


def test_a_bad_graph_is_named_when_its_question_is_asked_for(write):
    file = write([row(1), row(2, graph=[["a", "r"]]), row(3, graph=None)])
    questions = make_questions(f"webqsp?path={file}").questions("train")
    with pytest.raises(DataError, match=r"t.parquet row 2: field `graph\[0\]` must be"):
        questions[1]
    with pytest.raises(DataError, match=r"t.parquet row 3: field `graph` is missing"):
        questions[2]


def test_the_fingerprint_names_what_is_said_and_not_how_it_is_cut(write):
    rows = [row(n) for n in range(1, 9)]
    files = [
        write(rows, "a.parquet"),
        write(rows, "b.parquet", row_group_size=3),
        write([*rows[:-1], row(8, graph=[["e8", "r", "other"]])], "c.parquet"),
        write([*rows[:-1], row(8, graph=rows[-1]["graph"][:-1])], "d.parquet"),
        write(rows[:-1], "e.parquet"),
    ]
    names = [make_questions(f"webqsp?path={file}").fingerprint for file in files]
    assert names[0] == names[1] and len(set(names)) == 4
    assert make_questions(f"webqsp?path={files[0]}&limit=7").fingerprint == names[4]


def test_what_is_no_parquet_is_named(tmp_path):
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(DataError, match=r"t.parquet could not be read as parquet"):
        columns(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"t.parquet could not be read as parquet"):
        parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"No file '.*none.parquet'. Check the path"):
        parquet(tmp_path / "none.parquet")


def test_without_the_library_the_command_that_installs_it_is_said(write, monkeypatch):
    import sys

    file = write([row(1)])
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"hopgym\[hub\]\""):
        parquet(file)
