import json

import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.encoders.model_settings import (
    POOLINGS,
    normalize_flag,
    pooling_mode,
    prefixes,
    stated_dim,
)

PARTS = ["Transformer", "Pooling"]


def model_in(folder, parts=PARTS, pooling=None, top=None, config=None, dense=None):
    """The settings files of a model, as sentence-transformers writes them."""
    folder.mkdir(exist_ok=True)
    modules = []
    for n, part in enumerate(parts):
        path = "" if part == "Transformer" else f"{n}_{part}"
        modules.append({"idx": n, "name": str(n), "path": path, "type": f"a.b.{part}"})
        (folder / path).mkdir(exist_ok=True)
        content = {"Pooling": pooling or {"pooling_mode": "mean", "embedding_dimension": 8}}
        content["Dense"] = dense or {"out_features": 5}
        if part != "Transformer":
            (folder / path / "config.json").write_text(json.dumps(content.get(part, {})))
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config.json").write_text(json.dumps(config or {}))
    (folder / "config_sentence_transformers.json").write_text(json.dumps(top or {}))
    return folder


# --- prefixes ---------------------------------------------------------------------------------


def test_prefixes_are_the_models_own(tmp_path):
    own = {"prompts": {"query": "query: ", "document": "", "passage": "passage: "}}
    folder = model_in(tmp_path / "e5", top=own)
    assert prefixes(folder, "e5", None, None) == ("query: ", "passage: ")
    assert prefixes(folder, "e5", "ask: ", None) == ("ask: ", "passage: ")
    assert prefixes(folder, "e5", None, "") == ("query: ", "")


def test_a_model_without_any_has_none(tmp_path):
    folder = model_in(tmp_path / "minilm", top={"prompts": {"query": "", "document": ""}})
    assert prefixes(folder, "minilm", None, None) == ("", "")
    assert prefixes(folder, "minilm", "q: ", "d: ") == ("q: ", "d: ")


NAMED = [
    ("e5-base-v2", {}, ""),
    ("intfloat/multilingual-e5-large", {}, ""),
    ("models/E5_small", {}, ""),
    ("renamed", {"_name_or_path": "intfloat/e5-base-v2"}, ""),
    ("renamed", {}, "---\nbase_model: intfloat/e5-base-v2\n---\n"),
    ("renamed", {}, "---\nbase_model:\n- intfloat/e5-base-v2\n---\n"),
]


@pytest.mark.parametrize(("name", "config", "card"), NAMED)
def test_e5_without_prefixes_is_refused_and_never_guessed(tmp_path, name, config, card):
    folder = model_in(tmp_path / "snapshot", config=config)
    (folder / "README.md").write_text(card)
    with pytest.raises(ConfigError, match=r'is an E5 model.*query_prefix="query: " and document_'):
        prefixes(folder, name, None, None)
    with pytest.raises(ConfigError, match="is an E5 model"):
        prefixes(folder, name, "query: ", None)
    assert prefixes(folder, name, "query: ", "passage: ") == ("query: ", "passage: ")
    assert prefixes(folder, name, "", "") == ("", "")


@pytest.mark.parametrize("name", ["base5", "whale50", "ve5tor", "all-MiniLM-L6-v2", "e50"])
def test_other_names_are_no_e5(tmp_path, name):
    assert prefixes(model_in(tmp_path / "snapshot"), name, None, None) == ("", "")


# --- pooling ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["cls", "mean"]}, "cls+mean"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True}, "max+mean"),
    ],
)
def test_pooling_is_the_models_own(tmp_path, stated, expected):
    folder = model_in(tmp_path / "m", pooling=stated)
    assert pooling_mode(folder, None) == expected
    assert pooling_mode(folder, "lasttoken") == "lasttoken"


def test_pooling_that_nobody_states_is_refused_and_never_guessed(tmp_path):
    with pytest.raises(ConfigError, match=r'how its token vectors become one.*pooling="mean"'):
        pooling_mode(tmp_path, None)
    assert pooling_mode(tmp_path, "cls") == "cls"
    assert pooling_mode(model_in(tmp_path / "m", parts=["StaticEmbedding"]), None) == "own"


def test_an_unknown_pooling_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=f"pooling is 'median'; it is one of: {POOLINGS[0]}"):
        pooling_mode(tmp_path, "median")


# --- length and dimension ---------------------------------------------------------------------


def test_normalising_is_the_models_own(tmp_path):
    by_itself = model_in(tmp_path / "a", parts=[*PARTS, "Normalize"])
    cosine = model_in(tmp_path / "b", top={"similarity_fn_name": "cosine"})
    dot = model_in(tmp_path / "c", top={"similarity_fn_name": "dot"})
    silent = model_in(tmp_path / "d")
    assert [normalize_flag(m, None) for m in (by_itself, cosine, dot, silent)] == [1, 1, 0, 1]
    assert [normalize_flag(m, True) for m in (by_itself, cosine, dot, silent)] == [1, 1, 1, 1]
    assert [normalize_flag(m, False) for m in (cosine, dot, silent)] == [0, 0, 0]
    with pytest.raises(ConfigError, match="normalises by itself"):
        normalize_flag(by_itself, False)


def test_the_dimension_is_read_without_the_model(tmp_path):
    assert stated_dim(model_in(tmp_path / "a"), 1) == 8
    assert stated_dim(model_in(tmp_path / "b", pooling={"word_embedding_dimension": 6}), 2) == 12
    assert stated_dim(model_in(tmp_path / "c", parts=[*PARTS, "Dense"]), 1) == 5
    assert stated_dim(model_in(tmp_path / "d", parts=["StaticEmbedding"]), 1) is None
