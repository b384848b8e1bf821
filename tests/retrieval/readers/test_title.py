from hopgym.core import Document
from hopgym.retrieval.readers.title import TitleReader

ROW = [(Document("v", "Vel", "A river."), 2.0), (Document("o", "Orm", "A city."), 1.0)]


def test_the_best_hits_title_or_nothing():
    assert TitleReader()("river", ROW) == "Vel"
    assert TitleReader()("river", ROW[::-1]) == "Orm"
    assert TitleReader()("river", []) == ""


def test_it_says_what_it_is():
    assert repr(TitleReader()) == "TitleReader()"
