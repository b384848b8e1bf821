import subprocess
import sys

import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.readers import READERS, Reader, make_reader, register
from hopgym.retrieval.readers.span import SpanReader
from hopgym.retrieval.readers.title import TitleReader

ROW = [(Document("v", "Vel", "A river."), 2.0)]

OWN = """
def first_word(query, row, *, upper: bool = False):
    word = row[0][0].text.split()[0]
    return word.upper() if upper else word

class Shout:
    def __init__(self, *, mark: str = "!"):
        self.mark = mark
    def __call__(self, query, row):
        return row[0][0].title + self.mark

def maker(*, times: int = 1):
    return lambda query, row: row[0][0].title * times

ready = Shout(mark="?")
five = 5

def broken():
    return 5

def one_argument(query):
    return query
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    return f"{tmp_path}/mine.py"


def test_by_name():
    assert type(make_reader("span")) is SpanReader
    assert type(make_reader("title")) is TitleReader
    assert all(READERS.summary(name) for name in READERS)
    assert all(isinstance(make_reader(name), Reader) for name in READERS)


def test_a_reader_stays_what_it_is():
    def mine(query, row):
        return query

    reader = TitleReader()
    assert make_reader(mine) is mine and make_reader(reader) is reader


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("first_word", "A"),
        ("first_word?upper=true", "A"),
        ("Shout", "Vel!"),
        ("Shout?mark=*", "Vel*"),
        ("maker?times=2", "VelVel"),
        ("ready", "Vel?"),
    ],
)
def test_ones_own_functions_classes_makers_and_objects(mine, name, answer):
    assert make_reader(f"{mine}:{name}")("river", ROW) == answer


def test_ones_own_by_name(mine):
    register("own", "One's own.", f"{mine}:Shout")
    try:
        assert make_reader("own?mark=.")("river", ROW) == "Vel."
    finally:
        READERS._factories.pop("own")


@pytest.mark.parametrize("spec", [5, None, SpanReader, len, lambda query: query])
def test_what_is_no_reader_is_refused(spec):
    with pytest.raises(ConfigError, match=r"is no reader: it must be a function of \(query, row\)"):
        make_reader(spec)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "The factory '.*broken' returned a int, which is no reader"),
        ("five", "names a int, which is no factory"),
        ("one_argument", "takes .*query.*, but it must be a factory"),
        ("Shout?mark=1", "mark=1, but mark is a text"),
        ("first_word?lower=true", "has no option 'lower'.*It takes: upper"),
        ("ready?mark=x", "has no option 'mark'"),
        ("missing", "has no attribute 'missing'"),
    ],
)
def test_ones_own_that_cannot_be_used_are_refused(mine, name, message):
    with pytest.raises(ConfigError, match=message):
        make_reader(f"{mine}:{name}")


def test_unknown_names_and_options_are_refused():
    with pytest.raises(UnknownNameError, match=r"Unknown reader 'spam'. Did you mean 'span'"):
        make_reader("spam")
    with pytest.raises(ConfigError, match=r"'span' has no option 'depth'.*It takes: none"):
        make_reader("span?depth=3")


def test_importing_them_is_cheap():
    code = (
        "import sys, hopgym.retrieval.readers as r; r.make_reader('span');"
        "print([m for m in ('bm25s', 'Stemmer', 'scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
