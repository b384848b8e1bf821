import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.errors import UnknownNameError
from hopgym.rewards.normalize import NORMALIZERS, igpo, normalizer, r1_searcher, squad, squad_cached


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat, a dog & an owl!", "cat dog owl"),
        ("U.S.A.", "usa"),
        ("well-known", "wellknown"),
        ("theatre", "theatre"),
        ("É. 東京", "é 東京"),
        ("the", ""),
    ],
)
def test_squad_deletes_punctuation_then_drops_articles(text, expected):
    assert squad(text) == expected == squad_cached(text)


def test_the_variants_differ_where_their_scripts_do():
    assert (squad("The U.S."), r1_searcher("The U.S."), igpo("The U.S.")) == (
        "us",
        "u s",
        "the u s",
    )
    assert (r1_searcher("True"), r1_searcher(" True "), squad("True")) == ("yes", "true", "true")


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = squad(text)
    assert squad(once) == " ".join(w for w in once.split() if w not in ("a", "an", "the"))


def test_variants_are_had_by_name():
    assert all(normalizer(name) is function for name, function in NORMALIZERS.items())
    with pytest.raises(UnknownNameError, match="Did you mean 'squad'"):
        normalizer("sqad")


def test_long_texts_of_agents_are_not_kept():
    from hopgym.rewards import answer, normalize, words
    from hopgym.rewards.judges import wording

    long = "Ada Orm wrote Vel. " * 20
    caches = [normalize._squad, answer._short_split, words._short_content, wording._short_content]
    before = [cache.cache_info().currsize for cache in caches]
    assert normalize.squad_cached(long) == normalize.squad(long)
    assert "orm" in answer._split(long, normalize.squad)
    assert "orm" in words.content_words(long) and "orm" in wording.content(long)
    assert [cache.cache_info().currsize for cache in caches] == before
    assert all(cache.cache_info().maxsize <= 16_384 for cache in caches)
