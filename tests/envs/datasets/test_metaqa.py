import gzip
import pickle
import time

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.kg_statistics import kg_statistics
from hopgym.envs.datasets.metaqa import load_metaqa
from hopgym.errors import ConfigError, DataError

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

BASE = """Vel|directed_by|Åsa Orm
Mere|directed_by|Åsa Orm
Mere|has_genre|Drama
Ull|has_genre|Drama
Vel|has_genre|Drama
"""
LINES = "what did [Åsa Orm] direct\tVel|Mere\nwho directed [Nowhere]\tBo\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "1-hop/vanilla").mkdir(parents=True)
    (tmp_path / "2-hop/vanilla").mkdir(parents=True)
    (tmp_path / "kb.txt").write_text(BASE, encoding="utf-8")
    (tmp_path / "1-hop/vanilla/qa_dev.txt").write_text(LINES, encoding="utf-8")
    (tmp_path / "1-hop/qa_dev_qtype.txt").write_text("director_to_movie\nmovie_to_director\n")
    (tmp_path / "2-hop/vanilla/qa_test.txt.gz").write_bytes(
        gzip.compress(b"which films are of the genre of [Vel]\tMere|Ull")
    )
    return tmp_path


def test_every_field(folder):
    made = make_questions(f"metaqa?path={folder}&hops=1")
    assert (made.name, made.splits, len(made.documents)) == ("metaqa-1hop", ("dev",), 0)
    assert tuple(made.questions("dev")) == (
        Question(
            "1hop-dev-1",
            "what did Åsa Orm direct",
            ("Vel", "Mere"),
            type="director_to_movie",
            facts=(Fact("Vel", "directed_by", "Åsa Orm"), Fact("Mere", "directed_by", "Åsa Orm")),
            topic_entities=("Åsa Orm",),
            answer_entities=("Vel", "Mere"),
        ),
        Question(
            "1hop-dev-2",
            "who directed Nowhere",
            ("Bo",),
            type="movie_to_director",
            topic_entities=("Nowhere",),
            answer_entities=("Bo",),
        ),
    )


def test_facts_are_those_around_the_topic(folder):
    (question,) = load_metaqa(folder, hops="2").questions("test")
    assert (question.id, question.type, len(question.facts)) == ("2hop-test-1", "", 5)
    (question,) = load_metaqa(folder, hops=2, hub=2).questions("test")
    assert [fact.tail for fact in question.facts] == ["Åsa Orm", "Drama", "Åsa Orm"]
    (question,) = load_metaqa(folder, hops=2, max_facts=2).questions("test")
    assert [fact.head for fact in question.facts] == ["Vel", "Vel"]
    (folder / "kb.txt").rename(folder / "kb_one.txt")
    (folder / "kb_two.txt").write_text("Vel|in|1999\n")
    (question,) = load_metaqa(folder, hops=2).questions("test")
    assert len(question.facts) == 6


def test_the_fingerprint_knows_the_base_and_the_options(folder):
    prints = [load_metaqa(folder, hops=2, **more).fingerprint for more in ({}, {"hub": 2})]
    (folder / "kb.txt").write_text(BASE + "Vel|in|1999\n", encoding="utf-8")
    assert len({*prints, load_metaqa(folder, hops=2).fingerprint}) == 3


def test_it_travels_to_other_processes(folder):
    questions = load_metaqa(folder, hops=1).questions("dev")
    assert len(questions[0].facts) == 2
    assert list(pickle.loads(pickle.dumps(questions))) == list(questions)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no tab here", "qa_dev.txt:2: a line is question, tab, answers"),
        ("no topic\tAda", r"qa_dev.txt:2: field `question` must name its topic in \[brackets\]"),
        ("[] is who\tAda", r"qa_dev.txt:2: field `question` must name its topic"),
        ("who is [Bo]\t | ", "qa_dev.txt:2: field `answer` must be text or a list of texts"),
    ],
)
def test_a_bad_line_is_named_or_skipped(folder, line, message):
    (folder / "1-hop/vanilla/qa_dev.txt").write_text(f"who is [Vel]\tBo\n{line}\n")
    made = load_metaqa(folder, hops=1)
    with pytest.raises(DataError, match=message):
        made.questions("dev")
    made = load_metaqa(folder, hops=1, strict=False)
    assert len(made.questions("dev")) == len(made.skipped) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hops": 4}, "hops is 4; it must be a whole number from 1 to 3"),
        ({"hops": 1, "hub": "few"}, "hub is 'few'; it must be a whole number from 0"),
        ({"hops": 1, "variant": "audio"}, "variant is 'audio'; it may be vanilla or ntm"),
    ],
)
def test_an_option_that_cannot_be(folder, options, message):
    with pytest.raises(ConfigError, match=message):
        load_metaqa(folder, **options)


def test_files_that_are_missing_are_named(folder):
    with pytest.raises(
        DataError, match=r"3-hop/vanilla has no qa_train.txt or qa_dev.txt or qa_te"
    ):
        load_metaqa(folder)
    (folder / "kb.txt").unlink()
    with pytest.raises(DataError, match=r"has no kb.txt \(or .gz of it\); it has: 1-hop, 2-hop"):
        load_metaqa(folder, hops=1)


@pytest.mark.parametrize(
    ("hops", "split", "count", "facts", "recall", "coverage"),
    [
        (1, "test", 9_947, 7.8, 1.0, 1.0),
        (2, "test", 14_872, 46.6, 0.961, 0.979),
        (3, "dev", 14_274, 800, 0.968, 0.997),
    ],
)
def test_the_real_questions_open_at_once_and_their_graphs_hold_the_answers(
    shared_data, hops, split, count, facts, recall, coverage
):
    """About 4 % of the base is missing here: its notes say that 2 % of the answers are out of reach."""
    if not (shared_data / "metaqa").is_dir():
        pytest.skip("no MetaQA")
    started = time.process_time()
    questions = make_questions(f"metaqa?path={shared_data / 'metaqa'}&hops={hops}").questions(split)
    assert len(questions) == count == len(set(questions.ids))
    assert time.process_time() - started < 20  # all graphs together take much longer
    found = kg_statistics(questions[:: count // 150])
    assert found.edges == pytest.approx(facts, rel=0.4) and found.most_edges <= 5_000
    assert found.answer_recall == pytest.approx(recall, abs=0.03)
    assert found.coverage == pytest.approx(coverage, abs=0.03)
