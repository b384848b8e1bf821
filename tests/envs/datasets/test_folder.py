import pytest
from toy import DOCUMENTS, QUESTIONS

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.base import QuestionSet
from hopgym.envs.datasets.folder import QuestionFolder
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.envs.datasets.world import World, write_world
from hopgym.errors import ConfigError, DataError
from hopgym.files import write_jsonl
from hopgym.retrieval.corpus import write_documents

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

FULL = Question(
    "q3",
    "Où?\u2028",
    ("Ull", "River Ull"),
    facts=(Fact("Vel", "made_by", "Ada Orm"),),
    topic_entities=("Vel",),
    answer_entities=("Ada Orm",),
    gold_facts=(0,),
    metadata={"level": 3},
)


@pytest.fixture
def folder(tmp_path):
    write_documents(tmp_path / "toy/documents.jsonl", DOCUMENTS)
    write_jsonl(tmp_path / "toy/questions/train.jsonl", QUESTIONS)
    write_jsonl(tmp_path / "toy/questions/dev.jsonl", [FULL])
    return tmp_path / "toy"


def test_what_was_written_is_read_back_equal(folder):
    made = QuestionFolder(folder)
    assert isinstance(made, QuestionSet)
    assert (made.name, made.splits) == ("toy", ("dev", "train"))
    assert made.questions("train") == QUESTIONS and made.questions("dev") == (FULL,)
    assert tuple(made.documents) == DOCUMENTS
    same = LoadedQuestions("same", {"train": QUESTIONS, "dev": [FULL]}, DOCUMENTS)
    assert made.fingerprint == same.fingerprint


def test_a_world_is_read_back_equal(tmp_path):
    world = World(entities=80, seed=5, dev=6, test=4, train=0)
    write_world(world, tmp_path / "w")
    made = QuestionFolder(tmp_path / "w")
    assert made.splits == ("dev", "test")
    assert tuple(made.documents) == tuple(world.documents)
    for split in made.splits:
        assert made.questions(split) == tuple(world.questions(split))


def test_the_fingerprint_follows_the_content(folder):
    before = QuestionFolder(folder).fingerprint
    assert QuestionFolder(folder).fingerprint == before
    write_documents(folder / "documents.jsonl", DOCUMENTS[:2])
    changed = QuestionFolder(folder).fingerprint
    write_jsonl(folder / "questions/dev.jsonl", QUESTIONS[:1])
    assert len({before, changed, QuestionFolder(folder).fingerprint}) == 3


def test_documents_may_be_left_out_and_an_unknown_split_is_named(folder):
    (folder / "documents.jsonl").unlink()
    made = QuestionFolder(folder)
    assert len(made.documents) == 0
    with pytest.raises(ConfigError, match="toy has no split 'test'; it has: dev, train"):
        made.questions("test")


@pytest.mark.parametrize("name", ["empty", "none"])
def test_a_folder_without_questions_is_named_with_the_cure(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=rf"{name} holds no questions/\*.jsonl. Write one with"):
        QuestionFolder(tmp_path / name)


def test_a_folder_takes_plain_questions_and_skips_when_told_to(tmp_path):
    lines = [{"id": 7, "question": "Who?", "answer": "Ada", "document_ids": ["d"]}, QUESTIONS[0]]
    write_jsonl(tmp_path / "questions/dev.jsonl", lines)
    plain = Question("7", "Who?", ("Ada",), document_ids=("d",))
    assert make_questions(tmp_path).questions("dev") == (plain, QUESTIONS[0])
    write_jsonl(tmp_path / "questions/dev.jsonl", [*lines, {"question": "Who?", "answer": 7}])
    with pytest.raises(DataError, match=r"dev.jsonl:3: field `answer` must be text"):
        make_questions(tmp_path).questions("dev")
    with pytest.warns(UserWarning, match=r"dev: 1 bad record was skipped; the first: .*:3: field"):
        questions = make_questions(f"{tmp_path}?strict=false").questions("dev")
    assert questions == (plain, QUESTIONS[0])
