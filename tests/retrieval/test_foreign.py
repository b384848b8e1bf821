import json

import pytest

from hopgym.errors import DataError
from hopgym.retrieval.foreign import check_foreign

CODE = [
    "my.py:Mine",
    "module:Mine?k1=1",
    "os:system",
    "dense?encoder=my.py:Mine",
    "dense?encoder=my.py%3AMine",
    "rerank?reranker=bi_encoder?encoder=my.py:Mine",
    'hybrid?children=["bm25","dense?encoder=my.py:Mine"]',
    'hybrid?children={"a":"my.py:Mine"}',
    {"a": [{"b": "my.py:Mine"}]},
    ["my.py:Mine", {}],
    ("bm25", "a b:make"),
]


@pytest.mark.parametrize("said", CODE, ids=json.dumps)
def test_code_that_a_folder_names_is_refused(said):
    with pytest.raises(DataError, match=r"kb: names code that is not part of hopgym.*register it"):
        check_foreign(said, "kb")


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("http?url=http://h", "url"),
        ({"base_url": "http://h"}, "base_url"),
        ("cached?base=http?token_env=HOME", "token_env"),
        ({"judge": "openai?api_key_env=HF_TOKEN"}, "api_key_env"),
        ([{"API_KEY": "x"}], "API_KEY"),
    ],
)
def test_where_a_key_is_sent_a_folder_does_not_say(said, option):
    with pytest.raises(DataError, match=f"kb: sets {option!r}.*give it yourself"):
        check_foreign(said, "kb")


@pytest.mark.parametrize(
    "said",
    [
        "bm25?k1=1.2",
        'hybrid?children=["bm25","dense?encoder=hashing"]',
        "dense?encoder=a/b",
        "dense?encoder=e5?query_prefix=query:%20",
        {"temperature": 0.5, "max_new_tokens": 7, "base_url": None, "prompt": "chat", "x": [True]},
        None,
    ],
    ids=json.dumps,
)
def test_what_names_neither_passes(said):
    check_foreign(said, "kb")
