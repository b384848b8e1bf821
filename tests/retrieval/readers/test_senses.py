import pytest

from hopgym.retrieval.readers.senses import KINDS, SENSES, kinds_of, senses_of, stem, wanted


def test_other_words_for_the_same_share_a_sense():
    for one, other in [("founder", "established"), ("spouse", "married"), ("author", "wrote")]:
        assert senses_of(stem(one)) & senses_of(stem(other)), (one, other)
    assert not senses_of(stem("founder")) & senses_of(stem("spouse"))


def test_a_word_may_speak_of_several_things():
    assert senses_of(stem("university")) == {"education"}
    assert senses_of(stem("seat")) == {"government", "headquarters"}
    assert senses_of(["vel"]) == senses_of([]) == frozenset()


def test_names_say_what_they_are_the_names_of():
    assert kinds_of(stem("Orm Institute")) == {"university"}
    assert kinds_of(stem("Vel")) == frozenset()


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("who wrote the book", {"person"}),
        ("where was ada born", {"city", "region", "country", "place"}),
        ("which river flows through the city", {"river"}),
        ("country of citizenship of", {"country", "people"}),
        ("what is the colour of", set()),
        ("", set()),
    ],
)
def test_the_first_telling_word_decides_what_is_wanted(words, kinds):
    assert wanted(stem(words)) == kinds


def test_the_thesaurus_holds_words_and_no_sentences():
    for groups in (SENSES, KINDS):
        assert list(groups) == sorted(groups)
        for words in groups.values():
            assert words.replace(" ", "").isalpha() and words.islower()
            assert len(set(words.split())) == len(words.split())
