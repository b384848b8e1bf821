import pytest

from hopgym.agents.expert.splits import chain_of
from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.kg_statistics import kg_statistics
from hopgym.envs.datasets.pathquestion import load_pathquestion
from hopgym.errors import ConfigError, DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

BASE = (
    "x\tparent\tm\nx\tparent\tf\nm\tborn_in\tull\nf\tborn_in\tull\nq\tknows\tq\nf\tis\tmale_(sex)\n"
)
LINES = (
    "where was x 's parent born ?\tull(ull/)\tx#parent#m#born_in#ull#<end>#ull\n"
    "what is x 's parent ?\tmale_(sex)(male_(sex)/)\tx#parent#f#is#male_(sex)#<end>#male_(sex)\n"
)
FACTS = (
    Fact("x", "parent", "m"),
    Fact("x", "parent", "f"),
    Fact("m", "born_in", "ull"),
    Fact("f", "born_in", "ull"),
    Fact("f", "is", "male_(sex)"),
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "PQ-2H.txt").write_text(LINES)
    (tmp_path / "2H-kb.txt").write_text(BASE)
    return tmp_path


def test_every_field(folder):
    made = load_pathquestion(folder, split="all")
    assert (made.name, made.splits, len(made.documents)) == ("PQ-2H", ("all",), 0)
    born, is_male = made.questions("all")
    assert born == Question(
        "PQ-2H-1",
        "where was x 's parent born ?",
        ("ull",),
        type="2-hop",
        facts=FACTS,
        topic_entities=("x",),
        answer_entities=("ull",),
        gold_facts=(0, 1, 2, 3),
        metadata={"relations": ["parent", "born_in"]},
    )
    assert (is_male.answers, is_male.gold_facts) == (("male_(sex)",), (1, 4))
    assert is_male.facts is born.facts


def test_a_file_and_its_facts_may_be_named(folder):
    (folder / "PQ-2H.txt").rename(folder / "mine.txt")
    with pytest.raises(ConfigError, match=r"mine.txt is none of PQ-2H, .*say by kb=FILE"):
        load_pathquestion(folder / "mine.txt")
    spec = f"pathquestion?path={folder / 'mine.txt'}&kb={folder / '2H-kb.txt'}&split=dev&limit=1"
    (question,) = make_questions(spec).questions("dev")
    assert question.id == "mine-1"


def test_all_answers_may_stand_in_a_cell_of_their_own(folder):
    line = "who ?\tm\tx#parent#m\tm/f/\tx#parent#m///x#parent#f\n"
    (folder / "PQ-2H.txt").write_text(line)
    (question,) = load_pathquestion(folder, split="all").questions("all")
    assert (question.answers, question.type, question.gold_facts) == (("m", "f"), "1-hop", (0, 1))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("who ?\tm(m/)", "PQ-2H.txt:3: a line is question, tab, answers, tab, path"),
        ("who ?\tm(m/)\tx#parent", "PQ-2H.txt:3: field `path` must be head#relation#entity"),
        ("who ?\tm(m/)\tx##m", "PQ-2H.txt:3: field `path` must be head#relation#entity"),
        ("who ?\tm(m/)\tx#born_in#m", "PQ-2H.txt:3: field `path` leads to no answer in the facts"),
        (" \tm(m/)\tx#parent#m", "PQ-2H.txt:3: field `question` must be text"),
    ],
)
def test_a_bad_line_is_named_or_skipped(folder, line, message):
    (folder / "PQ-2H.txt").write_text(f"{LINES}{line}\n")
    with pytest.raises(DataError, match=message):
        load_pathquestion(folder)
    made = load_pathquestion(folder, split="all", strict=False)
    assert (len(made.questions("all")), len(made.skipped)) == (2, 1)


def test_files_that_are_missing_are_named(folder):
    with pytest.raises(DataError, match=r"has no PQ-3H.txt .*it has: 2H-kb.txt, PQ-2H.txt"):
        load_pathquestion(folder, part="PQ-3H")
    (folder / "2H-kb.txt").unlink()
    with pytest.raises(DataError, match=r"has no 2H-kb.txt"):
        load_pathquestion(folder)


@pytest.mark.parametrize(
    ("part", "count", "hops", "facts", "gold"),
    [("PQ-2H", 1_908, 2, 31.5, 2.1), ("PQ-3H", 5_198, 3, 476.2, 3.2)],
)
def test_the_real_files_are_complete(shared_data, part, count, hops, facts, gold):
    if not (shared_data / "pathquestion").is_dir():
        pytest.skip("no PathQuestion")
    made = load_pathquestion(shared_data / "pathquestion", part=part)
    splits = {split: made.questions(split) for split in made.splits}
    every = [question for questions in splits.values() for question in questions]
    assert list(splits) == ["train", "dev", "test"] and len(every) == count
    assert 0.05 < len(splits["dev"]) / count < 0.15 and 0.05 < len(splits["test"]) / count < 0.15
    paths = [
        {(q.topic_entities, tuple(q.metadata["relations"])) for q in questions}
        for questions in splits.values()
    ]
    chains = [{chain_of(question) for question in questions} for questions in splits.values()]
    for one in (paths, chains):
        assert not one[0] & one[1] and not one[0] & one[2] and not one[1] & one[2]
    assert {q.type for q in every} == {f"{hops}-hop"}
    assert all(q.gold_facts for q in every)  # a walk may take one fact twice
    found = kg_statistics(every[::7])
    assert (found.coverage, found.covered, found.with_gold) == (1, 1, 1)
    assert found.edges == pytest.approx(facts, rel=0.1)
    assert found.gold_edges == pytest.approx(gold, rel=0.1)
