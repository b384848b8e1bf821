import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.retrieval import analyzer as analyzer_module
from hopgym.retrieval.analyzer import ANALYZERS, Analyzer, stop_words

PLAIN = Analyzer(stopwords=None, stemmer=None)


def test_words_are_lower_case_stopped_and_stemmed():
    text = "Who were the directors of Malcolm X?"
    assert Analyzer()(text) == ["director", "malcolm", "x"]
    assert Analyzer(stemmer=None)(text) == ["directors", "malcolm", "x"]
    assert PLAIN(text) == ["who", "were", "the", "directors", "of", "malcolm", "x"]


def test_stemming_is_snowballs():
    words = ["running", "flies", "generously", "connection", "connected", "nationality"]
    assert Analyzer(stopwords=None)(" ".join(words)) == Stemmer.Stemmer("english").stemWords(words)


def test_porter_leaves_words_of_two_letters():
    assert Analyzer(None, "porter")("s is as flies") == ["s", "is", "as", "fli"]


def test_stop_words_of_ones_own():
    own = Analyzer(stopwords=["film", "a", "film"], stemmer=None)
    assert own.stopwords == ("a", "film")
    assert own == Analyzer(stopwords=("film", "a"), stemmer=None)
    assert own("A film noir") == ["noir"]


def test_other_languages():
    german = Analyzer(stopwords="german", stemmer="german")
    assert german("Die Häuser und der Straßen") == ["haus", "strass"]


def test_analyzers_by_name():
    text = "The Beatles' song \u201cI Can't\u201d, from Brazil's U.S. tour of 1,999"
    assert Analyzer.of("standard")(text) == [
        *("the", "beatles", "song", "i", "can't", "from", "brazil's", "u.s", "tour", "of", "1,999")
    ]
    assert Analyzer.of("english")(text) == [
        *("beatl", "song", "i", "can't", "from", "brazil", "u.", "tour", "1,999")
    ]
    assert Analyzer.of("default") == Analyzer.of(None) == Analyzer()


def test_every_named_analyzer_is_made():
    for name in ANALYZERS:
        made = Analyzer.of(name)
        assert Analyzer.of(made) is made
        assert made("Ada") == ["ada"]
    assert len({Analyzer.of(name).fingerprint for name in ANALYZERS}) == len(ANALYZERS)


def test_possessives_go_before_stop_words_and_stems():
    bare = Analyzer(("it",), "porter", "unicode", possessives=False)
    assert bare("it's the King\u2019s, kings' and s's") == ["the", "king", "king", "and", "s"]


def test_no_such_analyzer():
    with pytest.raises(UnknownNameError, match=r"'standart'. Did you mean 'standard'"):
        Analyzer.of("standart")
    with pytest.raises(ConfigError, match="analyzer is 5; give an Analyzer or a name: default, "):
        Analyzer.of(5)


def test_composed_and_decomposed_letters_are_the_same():
    assert PLAIN("Beyonce\u0301") == PLAIN("Beyonc\u00e9") == ["beyonc\u00e9"]
    assert PLAIN("\ufb01lm") == ["film"]


@pytest.mark.parametrize("text", ["", "   ", "?!\n\t", "the of and", "\ud800", "\0"])
def test_texts_without_terms(text):
    assert Analyzer()(text) == []


@given(st.text())
def test_any_text_is_analyzed(text):
    terms = Analyzer()(text)
    assert all(terms)
    assert Analyzer().batch([text, text]) == [terms, terms]


@given(st.text(alphabet="ab ,"), st.integers(0, 10))
def test_the_limit_cuts_words(text, limit):
    assert PLAIN(text, limit=limit) == PLAIN(text)[:limit]


def test_a_hostile_text_is_cheap_under_a_limit():
    start = time.process_time()
    for text in ("a b " * 250_000, "x" * 1_000_000, "." * 1_000_000, "é" * 1_000_000):
        assert len(Analyzer()(text, limit=100)) <= 100
    assert time.process_time() - start < 2


def test_very_long_words_are_kept_as_they_are():
    assert Analyzer()("running" * 20) == ["running" * 20]


def test_threads_share_an_analyzer():
    texts = [f"running{n % 50} flies{n} connections" for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(Analyzer(), texts))
    assert rows == [Analyzer()(text) for text in texts]


@pytest.mark.parametrize(
    "analyzer",
    [
        Analyzer(),
        PLAIN,
        Analyzer(("a", "b"), "porter"),
        Analyzer("german", "german"),
        *map(Analyzer.of, ANALYZERS),
    ],
)
def test_settings_survive_json_and_pickle(analyzer):
    json = msgspec.json.decode(msgspec.json.encode(analyzer.to_json()))
    assert Analyzer.from_json(json) == analyzer
    assert pickle.loads(pickle.dumps(analyzer)) == analyzer


def test_the_fingerprint_names_the_words_and_the_stemmer():
    assert Analyzer().fingerprint == Analyzer().fingerprint
    named = Analyzer(tuple(stop_words("english_plus")), "english")
    assert named.fingerprint == Analyzer().fingerprint
    others = [
        Analyzer("english"),
        Analyzer(stemmer=None),
        Analyzer(stopwords=None),
        Analyzer(words="unicode"),
        Analyzer(words="unicode", possessives=False),
    ]
    assert len({a.fingerprint for a in [Analyzer(), *others]}) == 6


def test_the_fingerprint_names_the_stemmers_version(monkeypatch):
    """Snowball's rules change: what one version stemmed, another may not find."""
    before, plain = Analyzer().fingerprint, Analyzer(stemmer=None).fingerprint
    assert Analyzer().versions == {"PyStemmer": Stemmer.version()}
    monkeypatch.setattr(Stemmer, "version", lambda: "0.0.1")
    assert Analyzer().fingerprint != before
    assert Analyzer(stemmer=None).fingerprint == plain
    assert Analyzer(stemmer=None).versions == {}


def test_settings_of_an_older_version_are_read():
    assert Analyzer.from_json({"stopwords": "english", "stemmer": None}) == Analyzer(
        "english", None
    )


@pytest.mark.parametrize("bad", [None, [], {"stemmer": 5}, {"stopwords": {"a": 1}}, {"words": ""}])
def test_bad_settings_are_refused(bad):
    with pytest.raises(DataError, match="manifest: no settings of an analyzer"):
        Analyzer.from_json(bad, "manifest")


def test_unknown_names_are_refused_with_the_known():
    with pytest.raises(ConfigError, match=r"No stop list 'klingon'. Known: .*english_plus.*None"):
        Analyzer(stopwords="klingon")
    with pytest.raises(ConfigError, match=r"No stemmer 'klingon'. Known: .*porter.*None"):
        Analyzer(stemmer="klingon")
    with pytest.raises(ConfigError, match="words is 'klingon'; it is one of: plain, unicode"):
        Analyzer(words="klingon")


def test_new_words_without_end_are_not_remembered_without_end(monkeypatch):
    monkeypatch.setattr(analyzer_module, "_MOST_REMEMBERED", 50)
    analyzer = Analyzer(stopwords=("of", "soaked"))
    terms = [analyzer(f"film{n} of films") for n in range(200)]
    assert terms[-1] == ["film199", "film"] and len(analyzer._stems()) <= 50
