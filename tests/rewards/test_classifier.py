import json
import pickle
import shutil

import pytest
from tiny_models import bert_in, cross_encoder_in

from hopgym.errors import ConfigError
from hopgym.rewards.classifier import Classifier

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
torch.set_num_threads(1)

PAIRS = [("vel is a film", "film"), ("ada", "tessa is a town by a river"), ("a b c " * 200, "x")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cross_encoder_in(tmp_path_factory.mktemp("models") / "three", labels=3)


def test_rows_do_not_depend_on_their_batch(folder):
    together = Classifier(folder, max_tokens=64).logits(PAIRS)
    alone = [Classifier(folder, max_tokens=64, batch_size=1).logits([pair])[0] for pair in PAIRS]
    assert [len(row) for row in together] == [3, 3, 3]
    for row, one in zip(together, alone, strict=True):
        assert row == pytest.approx(one, abs=1e-5)
    assert Classifier(folder).logits([]) == []


def test_single_texts_and_their_order(folder):
    texts = ["a film of vel", "b", "tessa tessa"]
    model = Classifier(folder, batch_size=2)
    rows = model.logits(texts)
    assert model.logits(texts[::-1])[::-1] == [pytest.approx(row, abs=1e-5) for row in rows]
    assert len({row[0] for row in rows}) == 3


def test_a_flood_is_cut(folder):
    flood = "word " * 200_000
    rows = Classifier(folder).logits([(flood, flood), (flood, "x")])
    assert len(rows) == 2


def test_a_claim_longer_than_the_model_reads_is_cut_too(folder):
    """A tokenizer refuses to cut the document alone where the claim leaves no room for it."""
    claim = "\u4e00" * 300  # a token each
    (row,) = Classifier(folder, max_tokens=32).logits([("vel is a film", claim)])
    assert len(row) == 3


def test_what_it_says_of_itself(folder):
    model = Classifier(folder)
    assert model.labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    assert repr(model) == "Classifier('three', labels=3)"
    assert model.fingerprint.endswith(":512")
    copy = pickle.loads(pickle.dumps(model))
    assert copy.logits(PAIRS[:1]) == model.logits(PAIRS[:1])


def test_a_model_without_a_head_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"is no sequence classifier .*BertModel"):
        Classifier(bert_in(tmp_path / "plain"))


def test_a_head_that_was_not_saved_is_refused(folder, tmp_path):
    plain = bert_in(tmp_path / "plain")
    settings = json.loads((folder / "config.json").read_text())
    (plain / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError, match=r"lacks 2 of its weights, such as classifier\.bias"):
        Classifier(plain).logits(["x"])


def test_weights_in_pickles_are_not_read(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"holds no weights in safetensors"):
        Classifier(copy)


def test_a_broken_file_is_named(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ConfigError, match=r"could not be loaded as a sequence classifier"):
        Classifier(copy).logits(["x"])


@pytest.mark.parametrize(
    ("options", "said"),
    [({"model": 3}, "model is 3"), ({"max_tokens": 0}, "max_tokens"), ({"batch_size": 0}, "batch")],
)
def test_bad_options_are_refused(folder, options, said):
    model = options.pop("model", folder)
    with pytest.raises(ConfigError, match=said):
        Classifier(model, **options)


def test_no_such_folder():
    with pytest.raises(ConfigError, match=r"No model folder './none'"):
        Classifier("./none")
