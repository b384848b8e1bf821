import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.options import check_options, split_options


def factory(documents, *, k1=0.9, method="lucene"):
    return documents


def test_values_are_json_or_text():
    spec = "x?k1=1.2&on=true&list=[1]&text=a b&empty="
    assert split_options(spec) == (
        "x",
        {"k1": 1.2, "on": True, "list": [1], "text": "a b", "empty": ""},
    )
    assert split_options("x") == ("x", {})


def test_unknown_options_are_refused():
    check_options(factory, "x", {"k1": 1})
    check_options(lambda documents, **options: None, "x", {"anything": 1})
    with pytest.raises(ConfigError, match=r"'x' has no option 'k_1'. Did you mean 'k1'\? It takes"):
        check_options(factory, "x", {"k_1": 1})
    with pytest.raises(ConfigError, match="It takes: none"):
        check_options(lambda documents: None, "x", {"documents": 1})
