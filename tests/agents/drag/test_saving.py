import json

import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents.drag.saving import (  # noqa: E402
    RETRIEVER,
    SHAPE,
    Shape,
    load_weights,
    read_shape,
    save_shape,
    save_weights,
)
from hopgym.agents.model_folder import read_model_folder  # noqa: E402
from hopgym.errors import ConfigError, DataError  # noqa: E402

GIVEN = Shape(
    retriever={"hidden": 16, "scorer": "drag+dde", "dropout": 0.1, "instruction_update": False},
    encoder="hashing?dim=32",
    max_facts=24,
    k_facts=4,
    threshold=0.1 + 0.2,
    vectors=True,
    projector_dim=8,
    scale=2 / 3,
    max_new_tokens=7,
)


def layer(width=3):
    return torch.nn.Linear(width, 2)


def test_a_shape_comes_back_as_it_was_to_the_last_bit(tmp_path):
    save_shape(GIVEN, tmp_path, {"epochs_made": 3})
    assert read_shape(tmp_path) == read_shape(str(tmp_path)) == GIVEN
    said = json.loads((tmp_path / "hopgym.json").read_text())
    assert said == {"kind": "drag", "options": {}, "made": {"epochs_made": 3}}
    assert read_model_folder(tmp_path).options == {"model": str(tmp_path)}


def test_weights_come_back_and_one_copy_of_them_may_be_written_over(tmp_path):
    first, second = layer(), layer()
    for each in (first, second):
        save_weights(each, tmp_path / RETRIEVER)
    read = layer()
    load_weights(read, tmp_path / RETRIEVER)
    assert torch.equal(read.weight, second.weight) and torch.equal(read.bias, second.bias)
    assert [file.name for file in tmp_path.iterdir()] == [RETRIEVER]


def test_weights_that_are_not_there_or_of_another_are_refused(tmp_path):
    file = tmp_path / RETRIEVER
    with pytest.raises(DataError, match="does not hold the weights of this D-RAG"):
        load_weights(layer(), file)
    save_weights(layer(4), file)
    with pytest.raises(DataError, match=r"weights of this D-RAG .*size mismatch for weight"):
        load_weights(layer(), file)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(DataError, match="Train it again, or name the folder"):
        load_weights(layer(4), file)


def test_a_folder_without_one_or_with_a_damaged_one_is_told(tmp_path):
    with pytest.raises(
        ConfigError, match=r"holds no D-RAG: there is no drag.json. Give the folder"
    ):
        read_shape(tmp_path)
    (tmp_path / SHAPE).write_text('{"retriever": 3}')
    with pytest.raises(DataError, match=r"drag.json does not say what the model is made of"):
        read_shape(tmp_path)
    (tmp_path / SHAPE).write_text('{"retriever": {}')
    with pytest.raises(DataError, match=r"drag\.json"):
        read_shape(tmp_path)
