import pytest

from hopgym.envs.keywords import read_keyword, read_keywords
from hopgym.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=5", 5), ("x=0.5", 0.5), ("x=true", True), ("x=False", False), ("x=yes", True),
        ("x=off", False), ("x=None", None), ("x=r3", "r3"), ("x=a=b", "a=b"), ("x=", ""),
        ('x={"a": [1]}', {"a": [1]}),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_meant(text, value):
    name, read = read_keyword(text)
    assert name == "x" and read == value and type(read) is type(value)


@pytest.mark.parametrize("text", ["top_k", "=5", ""])
def test_a_keyword_needs_a_name_and_a_value(text):
    with pytest.raises(ConfigError, match="write name=value, such as top_k=5"):
        read_keyword(text)


def test_several_are_read_each_once():
    assert read_keywords([], {}) == {}
    assert read_keywords(["a=1", "b=x"], {"c": ""}) == {"a": 1, "b": "x"}
    with pytest.raises(ConfigError, match="'c' cannot be set by --set: use --c"):
        read_keywords(["a=1", "c=2"], {"c": "use --c"})
    with pytest.raises(ConfigError, match="'a' is set twice; set it once"):
        read_keywords(["a=1", "a=1"], {})


def test_the_flag_that_was_typed_is_the_one_that_is_told():
    with pytest.raises(ConfigError, match="'c' cannot be set by --env_set: use --c"):
        read_keywords(["c=2"], {"c": "use --c"}, flag="--env_set")
