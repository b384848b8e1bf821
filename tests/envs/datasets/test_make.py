import os

import pytest
from toy import QUESTIONS, ToyQuestions

from hopgym.core import Question
from hopgym.envs.datasets import DATASETS, make_questions
from hopgym.envs.datasets.folder import QuestionFolder
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.envs.datasets.make import detect_shape
from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

PLAIN = [{"id": n, "question": f"Who is {n}?", "answer": "Ada"} for n in "abc"]
CODE = """
from hopgym.core import Question
from hopgym.envs.datasets.loaded import LoadedQuestions
one = Question("q", "Who?", ("Ada",))
many = LoadedQuestions("many", {"dev": [one]})
number = 3
def rivers(count="1"):
    for n in range(int(count)):
        yield Question(f"q{n}", "Which?", ("Ull",))
def broken(): return ["Which?"]
def nothing(): return 3
"""


@pytest.fixture
def plain(tmp_path):
    write_jsonl(tmp_path / "mine.jsonl", PLAIN)
    return str(tmp_path / "mine.jsonl")


@pytest.fixture
def code(tmp_path):
    (tmp_path / "own.py").write_text(CODE)
    return str(tmp_path / "own.py")


def test_a_registered_name_with_options_after_it_or_as_keywords():
    world = make_questions("world?entities=300&dev=2&hops=2")
    assert world.name == "world?entities=300&hops=2&dev=2" and len(world.questions("dev")) == 2
    again = make_questions("world?entities=300", dev=2, hops=2)
    assert again.questions("dev") == world.questions("dev")
    assert make_questions("world?entities=300&dev=2&hops=2") is world  # kept


def test_a_file_by_its_path_and_by_its_loaders_name(plain, tmp_path):
    by_path = make_questions(plain)
    assert isinstance(by_path, LoadedQuestions) and by_path.name == "mine"
    assert make_questions(tmp_path / "mine.jsonl") is by_path
    by_name = make_questions(f"plain?path={plain}&split=dev&limit=2&strict=False")
    assert by_name.splits == ("dev",) and len(by_name.questions("dev")) == 2


def test_a_file_that_changed_is_read_again(plain, tmp_path):
    before = make_questions(plain)
    write_jsonl(plain, PLAIN[:1])
    assert len(before.questions("train")) == 3
    assert len(make_questions(plain).questions("train")) == 1
    write_jsonl(tmp_path / "set/questions/train.jsonl", QUESTIONS)
    assert len(make_questions(tmp_path / "set").questions("train")) == 2
    write_jsonl(tmp_path / "set/questions/train.jsonl", QUESTIONS[:1])
    assert len(make_questions(tmp_path / "set").questions("train")) == 1


def test_a_folder_is_read_split_by_split(tmp_path):
    write_jsonl(tmp_path / "questions/train.jsonl", QUESTIONS)
    (tmp_path / "questions/dev.jsonl").write_text("{")
    made = make_questions(str(tmp_path))
    assert isinstance(made, QuestionFolder) and tuple(made.questions("train")) == QUESTIONS
    with pytest.raises(DataError, match=r"dev.jsonl:1: not JSON"):
        made.questions("dev")


def test_our_own_questions_in_one_file(tmp_path):
    write_jsonl(tmp_path / "native.jsonl", QUESTIONS)
    write_jsonl(tmp_path / "docs.jsonl", ToyQuestions.documents)
    made = make_questions(tmp_path / "native.jsonl", documents=str(tmp_path / "docs.jsonl"))
    assert made.name == "native" and made.questions("train") == QUESTIONS
    assert tuple(made.documents) == ToyQuestions.documents


def test_code_by_its_file_and_attribute(code):
    assert [q.id for q in make_questions(f"{code}:rivers?count=2").questions("train")] == [
        "q0",
        "q1",
    ]
    assert make_questions(f"{code}:many").splits == ("dev",)
    toy = make_questions("toy:ToyQuestions")
    assert isinstance(toy, ToyQuestions) and toy.questions("train") == QUESTIONS


def test_a_question_set_stays_as_it_is_and_nothing_of_it_is_computed():
    class Lazy(ToyQuestions):
        @property
        def documents(self):
            raise AssertionError("computed")

    lazy = Lazy()
    assert make_questions(lazy) is lazy


def test_a_registered_function_is_called():
    def one():
        """One question."""
        return [Question("q", "Who?", ("Ada",))]

    DATASETS.register("one", "One question.", one)
    try:
        assert make_questions("one").questions("train")[0].text == "Who?"
    finally:
        del DATASETS._factories["one"], DATASETS._summaries["one"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own.py:rivers?many=2", "'.*own.py:rivers' has no option 'many'; it takes: count"),
        ("own.py:broken?many=2", "has no option 'many'; it takes: documents"),
        ("own.py:river", "has no attribute 'river'"),
        ("own.py:broken", "'.*own.py:broken' must yield Questions, not 'Which\\?'"),
        ("own.py:nothing", "'.*own.py:nothing' must yield Questions or return a question set"),
        ("own.py:number", "A question set is a name, a file, .* not 3"),
        ("own.py:many?split=dev", "'many', dev=1.* is made already and takes no 'split'"),
        ("none.py:x", "No file '.*none.py'"),
        ("mine.jsonl?splits=x", "has no option 'splits'; it takes: path, split, documents, strict"),
        ("mine.jsonl?limit=few", "limit is 'few'; it must be a whole number"),
        ("mine.jsonl?strict=maybe", "strict is 'maybe'; it may be true or false"),
    ],
)
def test_what_cannot_be_done_is_named(code, plain, name, message):
    with pytest.raises(ConfigError, match=message):
        make_questions(f"{os.path.dirname(code)}/{name}")


def test_a_wrong_name_option_or_object_is_named():
    with pytest.raises(UnknownNameError, match=r"question set 'hotpot'. Did you mean 'hotpotqa'\?"):
        make_questions("hotpot")
    with pytest.raises(ConfigError, match=r"'hotpotqa' has no option 'pth'; it takes: path, split"):
        make_questions("hotpotqa?pth=x")
    with pytest.raises(ConfigError, match=r"no dial 'entitys'. Did you mean 'entities'\?"):
        make_questions("world?entitys=60")
    with pytest.raises(ConfigError, match="documents is \\[1\\]; an option is a text, a number or"):
        make_questions("plain", path="x", documents=[1])
    with pytest.raises(ConfigError, match=r"'plain' needs 'path'; write 'plain\?path=…'"):
        make_questions("plain")
    with pytest.raises(ConfigError, match=r"not None. Questions of your own become one by"):
        make_questions(None)
    with pytest.raises(ConfigError, match="is made already and takes no 'split'"):
        make_questions(ToyQuestions(), split="dev")


@pytest.mark.parametrize("spec", ["", " ", "?split=dev"])
def test_an_empty_name_is_named(spec):
    with pytest.raises(ConfigError, match=r"' ?(\?split=dev)?' names no question set. Give a name"):
        make_questions(spec)


@pytest.mark.parametrize("spec", ["nodir/", "no/dir", "nodir/?strict=false"])
def test_a_missing_folder_is_no_unknown_name(spec):
    with pytest.raises(
        DataError, match=r"No file or folder 'no.*'. Check the path; it is read rel"
    ):
        make_questions(spec)


DOCS = [{"id": "d", "title": "Ull", "text": "A river."}]


@pytest.mark.parametrize("name", ["rivers", "rivers?count=2", "many", "plain_function"])
def test_a_set_of_ones_own_without_documents_may_be_given_some(tmp_path, name):
    (tmp_path / "bare.py").write_text(f"{CODE}\ndef plain_function(): return [one]\n")
    write_jsonl(tmp_path / "docs.jsonl", DOCS)
    mark = "&" if "?" in name else "?"
    made = make_questions(f"{tmp_path}/bare.py:{name}{mark}documents={tmp_path / 'docs.jsonl'}")
    assert [d.id for d in made.documents] == ["d"] and made.questions(made.splits[0])


def test_so_may_a_folder_but_no_set_that_brings_its_own(tmp_path):
    write_jsonl(tmp_path / "docs.jsonl", DOCS)
    write_jsonl(tmp_path / "set/questions/dev.jsonl", QUESTIONS)
    made = make_questions(tmp_path / "set", documents=tmp_path / "docs.jsonl")
    assert (made.name, made.splits, len(made.documents)) == ("set", ("dev",), 1)
    write_jsonl(tmp_path / "set/documents.jsonl", DOCS)
    for spec in (tmp_path / "set", "toy:ToyQuestions", ToyQuestions()):
        with pytest.raises(ConfigError, match=r"brings \d documents of its own; leave out docum"):
            make_questions(spec, documents=str(tmp_path / "docs.jsonl"))


def test_a_missing_file_is_no_unknown_name(tmp_path):
    with pytest.raises(
        DataError, match=r"No file '.*none.jsonl'. Check the path; it is read relat"
    ):
        make_questions(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("record", "shape"),
    [
        ({"id": "q", "text": "Who?", "answers": ["Ada"]}, "native"),
        ({"question": "", "answer_node": "", "answer_subgraph": []}, "gtsqa"),
        ({"question": "", "answer": "", "triples": [], "paths": []}, "drag_heuristics"),
        ({"question": "", "answer": "", "q_entity": [], "graph": []}, "rog"),
        ({"question": "", "question_decomposition": [], "answer": ""}, "musique"),
        ({"question": "", "answer": "", "evidences": [], "supporting_facts": []}, "two_wiki"),
        ({"question": "", "answer": "", "supporting_facts": [], "answer_aliases": []}, "two_wiki"),
        ({"question": "", "answer": "", "supporting_facts": []}, "hotpotqa"),
        ({"id": "", "question": "", "golden_answers": []}, "flashrag"),
        ({"question": "", "answers": []}, "plain"),
        ({"question": "", "answer": ""}, "plain"),
    ],
)
def test_a_files_shape_is_told_by_its_fields(tmp_path, record, shape):
    write_jsonl(tmp_path / "f.jsonl", [record])
    assert detect_shape(tmp_path / "f.jsonl") == shape


def test_an_unknown_shape_is_named_with_those_known(tmp_path):
    assert detect_shape("any.tsv") == "bamboogle"
    write_jsonl(tmp_path / "f.jsonl", [{"query": "Who?"}, {"question": ""}])
    with pytest.raises(DataError, match=r"no known shape has the fields query. .*plain: answer, q"):
        make_questions(str(tmp_path / "f.jsonl"))
    write_jsonl(tmp_path / "f.jsonl", [{"qeustion": "Who?", "answer": "Ada"}])
    with pytest.raises(DataError, match=r"Did you mean question by qeustion\? Known are"):
        make_questions(str(tmp_path / "f.jsonl"))
    (tmp_path / "f.jsonl").write_text("")
    with pytest.raises(DataError, match=r"f.jsonl holds no JSON objects"):
        make_questions(str(tmp_path / "f.jsonl"))


def test_native_files_take_strict_and_limit(tmp_path):
    write_jsonl(tmp_path / "n.jsonl", [QUESTIONS[0], {"id": 3}, *QUESTIONS[1:]])
    with pytest.raises(DataError, match=r"n.jsonl:2: no question"):
        make_questions(tmp_path / "n.jsonl")
    made = make_questions(f"{tmp_path / 'n.jsonl'}?strict=false")
    assert made.questions("train") == QUESTIONS and len(made.skipped) == 1
    made = make_questions(tmp_path / "n.jsonl", limit=1)
    assert made.questions("train") == QUESTIONS[:1]


@pytest.mark.parametrize("limit", ["0", "-1", "²", "1.5"])
def test_a_limit_is_a_whole_number_from_1(tmp_path, limit):
    write_jsonl(tmp_path / "n.jsonl", QUESTIONS)
    with pytest.raises(
        ConfigError, match=rf"limit is '?{limit}'?; it must be a whole number from 1"
    ):
        make_questions(f"{tmp_path / 'n.jsonl'}?limit={limit}")


def test_a_question_mark_may_be_part_of_a_files_name(tmp_path):
    file = tmp_path / "who?.jsonl"
    write_jsonl(file, QUESTIONS)
    for spec in (file, str(file), f"{file}?split=train"):
        assert make_questions(spec).questions("train") == QUESTIONS
    assert make_questions(f"{file}?split=dev&limit=1").questions("dev") == QUESTIONS[:1]
    with pytest.raises(DataError, match="No file"):
        make_questions(tmp_path / "none?.jsonl")
