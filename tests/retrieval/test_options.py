from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.options import check_options, split_options


def factory(documents, *, k1=0.9, method="lucene"):
    return documents


class Typed:
    def __init__(
        self,
        documents: Sequence[str],
        *,
        share: float = 0.5,
        hits: int | None = 10,
        exact: bool = False,
        mode: Literal["fast", "slow"] = "fast",
        model: str | Path = "mini",
    ) -> None: ...


def needy(documents, *, folder: str, k: int = 3):
    return documents


def test_values_are_json_or_text():
    spec = "x?k1=1.2&on=true&list=[1]&text=a b&empty="
    assert split_options(spec) == (
        "x",
        {"k1": 1.2, "on": True, "list": [1], "text": "a b", "empty": ""},
    )
    assert split_options("x") == ("x", {})
    assert split_options("x?") == split_options("x?&") == ("x", {})
    assert split_options("x?a=b=c&d") == ("x", {"a": "b=c", "d": ""})
    assert split_options("x?method=bm25+&%C3%A9=%26+%20") == ("x", {"method": "bm25+", "é": "&+ "})


def test_a_name_with_options_can_be_an_option():
    spec = r'x?list=["a?b=1&c=2","d\"&"]&k=3'
    assert split_options(spec) == ("x", {"list": ["a?b=1&c=2", 'd"&'], "k": 3})
    assert split_options('x?of="y?of=z"&k=3') == ("x", {"of": "y?of=z", "k": 3})
    assert split_options('x?size=5"&k=3') == ("x", {"size": '5"', "k": 3})  # quotes nothing


def test_unknown_options_are_refused():
    check_options(factory, "x", {"k1": 1})
    check_options(lambda documents, **options: None, "x", {"anything": 1})
    with pytest.raises(ConfigError, match=r"'x' has no option 'k_1'. Did you mean 'k1'\? It takes"):
        check_options(factory, "x", {"k_1": 1})
    with pytest.raises(ConfigError, match="It takes: none"):
        check_options(lambda documents: None, "x", {"documents": 1})


@pytest.mark.parametrize(
    "options",
    [
        {"share": 1, "hits": None, "exact": True, "mode": "slow"},
        {"share": 0.25, "hits": 3},
        {"model": 5},  # not of plain kinds alone: the factory's own affair
    ],
)
def test_values_of_the_right_kind_pass(options):
    check_options(Typed, "x", options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"share": "abc"},
            r"'x' was given share=\"abc\", but share is a number \(usually 0\.5\)\.$",
        ),
        ({"share": True}, r"share=true, but share is a number"),
        ({"share": [1]}, r"share=\[1\], but share is a number"),
        ({"hits": 2.5}, r"hits=2\.5, but hits is a whole number or null \(usually 10\)"),
        ({"exact": 1}, r"exact=1, but exact is true or false \(usually false\)"),
        ({"mode": "medium"}, r"mode=\"medium\", but mode is 'fast' or 'slow' \(usually \"fast\"\)"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_by_name(options, message):
    with pytest.raises(ConfigError, match=message):
        check_options(Typed, "x", options)


def test_a_class_may_have_its_parents_parameters():
    class Child(Typed):
        share = "not the parameter"

    with pytest.raises(ConfigError, match="but share is a number"):
        check_options(Child, "x", {"share": "abc"})


def test_a_text_that_reads_as_a_number_is_told_to_wear_quotes():
    with pytest.raises(ConfigError, match=r"stands in quotes: folder=\"2024\"\.$"):
        check_options(needy, "x", {"folder": 2024})
    check_options(needy, "x", split_options('x?folder="2024"')[1])


def test_a_missing_option_is_named():
    with pytest.raises(
        ConfigError, match=r"'x' is short of an option: missing 'folder'\. Write 'x"
    ):
        check_options(needy, "x", {"k": 1})


def test_types_that_cannot_be_read_are_not_checked():
    def odd(documents, *, k: "Nowhere" = 1):  # noqa: F821
        return documents

    check_options(odd, "x", {"k": "anything"})


def test_defect_a_retriever_was_given_what_it_cannot_count_with():
    """`bm25?k1=abc` was a bare TypeError from the middle of the library."""
    with pytest.raises(ConfigError, match=r"'bm25' was given k1=\"abc\", but k1 is a number"):
        make_retriever("bm25?k1=abc", [Document("a", "Ada", "")])


def test_defect_of_an_option_that_stood_twice_the_last_counted():
    with pytest.raises(ConfigError, match=r"'bm25\?k1=0\.1&k1=9' gives 'k1' twice; give each"):
        split_options("bm25?k1=0.1&k1=9")


def test_a_parameter_that_is_not_keyword_only_is_told_how_to_become_an_option():
    def encoder(dim: int = 16): ...

    with pytest.raises(ConfigError, match=r"'dim'\. Only keyword-only .*put `\*` before dim"):
        check_options(encoder, "x", {"dim": 8}, [])


def test_what_is_called_otherwise_is_no_factory():
    check_options(factory, "x", {"k1": 1}, ["the documents"])
    with pytest.raises(ConfigError, match=r"'x' takes \(q, d\), but .* called with its options al"):
        check_options(lambda q, d: 0.0, "x", {}, [])
    with pytest.raises(ConfigError, match=r"'x' takes \(\), but .* called with the documents, and"):
        check_options(lambda: None, "x", {}, ["the documents"])
    with pytest.raises(ConfigError, match="'x' names a int, which is no factory: name a class or"):
        check_options(5, "x", {}, [])


def test_what_does_not_tell_its_parameters_is_left_to_itself():
    check_options(int, "x", {}, ["the documents"])


def nested(*, judge="rule", steps=30): ...


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "x?judge=api?model=m&base_url=http://a/v1&retries=2&steps=3",
            r"no option 'base_url'\. .* stands in quotes: "
            r"judge=\"api\?model=m&base_url=http://a/v1&retries=2\"\. It takes: judge, steps\.",
        ),
        ("x?judge=api?a=1&stepps=3", r"Did you mean 'steps'\? An option .*judge=\"api\?a=1&ste"),
        ("x?base_url=1&judge=api?model=m", r"has no option 'base_url'\. It takes"),
        ('x?judge=["api?a=1"]&base_url=1', r"has no option 'base_url'\. It takes"),
    ],
)
def test_an_option_of_an_option_is_told_to_stand_in_quotes(spec, message):
    name, options = split_options(spec)
    with pytest.raises(ConfigError, match=message):
        check_options(nested, name, options)


def test_what_the_message_says_can_be_written():
    name, options = split_options('x?judge="api?model=m&base_url=http://a/v1"&steps=3')
    check_options(nested, name, options)
    assert options["judge"] == "api?model=m&base_url=http://a/v1"
