"""Folders and files from elsewhere: what they hold is read, and nothing of it is run.

Each plants code where a library or we ourselves would once have run it. The code writes a file.
"""

import io
import json
import pickle
import sys
import zipfile

import numpy as np
import pytest

from hopgym.agents import make_agent
from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, HopgymError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.dense import DenseRetriever
from hopgym.retrieval.encoders import make_encoder
from hopgym.retrieval.kb.manager import RetrievalManager
from hopgym.retrieval.rerank import RerankRetriever
from hopgym.retrieval.rerankers import make_reranker

DOCUMENTS = [Document("a", "Ada", "a mathematician"), Document("b", "Bob", "a chemist")]


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, place):
        self.place = str(place)

    def __reduce__(self):
        return open, (self.place, "w")


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A folder, with code in it and on the path, whose running leaves a file."""
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w')\nclass Own:\n    pass\nload = make = Own\n"
    (tmp_path / "theirs.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    # a "y" at the keyboard must not help: nobody is to be asked
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\ny\ny\n"))
    yield tmp_path
    assert not ran.exists()


NAMES = ["theirs.py:make", "theirs:make", "theirs:Own?x=1"]


def refused(make, error=DataError, match="names code that is not part of hopgym"):
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize("name", NAMES)
def test_the_kind_of_a_model_folder(trap, name):
    (trap / "m").mkdir()
    (trap / "m" / "hopgym.json").write_text(json.dumps({"kind": name}))
    refused(lambda: make_agent(str(trap / "m")))


@pytest.mark.parametrize("name", NAMES)
def test_the_options_of_a_model_folder(trap, name):
    (trap / "m").mkdir()
    said = {"kind": "cosine", "options": {"encoder": name}}
    (trap / "m" / "hopgym.json").write_text(json.dumps(said))
    refused(lambda: make_agent(str(trap / "m")))


def test_a_model_folder_sends_no_key_elsewhere(trap):
    (trap / "m").mkdir()
    said = {"kind": "openai", "options": {"base_url": "http://evil.example/v1"}}
    (trap / "m" / "hopgym.json").write_text(json.dumps(said))
    refused(lambda: make_agent(str(trap / "m")), match="sets 'base_url'")


@pytest.mark.parametrize("name", NAMES)
def test_the_encoder_of_a_compressor(trap, name):
    saving = pytest.importorskip("hopgym.agents.compress.saving")
    from hopgym.agents.compress.model import Shape

    (trap / "m").mkdir()
    shape = {"k": 4, "encoder": name, "projector_dim": 8, "scale": 0.0}
    defaults = {f: getattr(Shape, f, 1) for f in Shape.__dataclass_fields__}
    plain = {n: v for n, v in {**defaults, **shape}.items() if isinstance(v, int | float | str)}
    (trap / "m" / "compress.json").write_text(json.dumps(plain))
    for read in (saving.read_shape, saving.load_compressor, saving.vectors_fingerprint):
        refused(lambda read=read: read(trap / "m"))
    assert saving.read_shape(trap / "m", name).encoder == name  # the user's own word for it


@pytest.mark.parametrize("name", NAMES)
def test_the_encoder_of_a_d_rag(trap, name):
    parts = pytest.importorskip("hopgym.agents.drag.parts")
    (trap / "m").mkdir()
    (trap / "m" / "drag.json").write_text(json.dumps({"retriever": {}, "encoder": name}))
    refused(lambda: parts.load_parts(trap / "m"))
    refused(lambda: make_agent(f"drag?model={trap / 'm'}"))


def changed(folder, **settings):
    manifest = folder / "manifest.json"
    said = json.loads(manifest.read_text())
    said["settings"].update(settings)
    manifest.write_text(json.dumps(said))
    return folder


def test_the_parts_of_a_saved_index(trap):
    RerankRetriever(DOCUMENTS).save(trap / "r")
    folder = changed(trap / "r", reranker="bi_encoder?encoder=theirs.py:make")
    refused(lambda: make_retriever(folder))
    DenseRetriever(DOCUMENTS, encoder="hashing?dim=8").save(trap / "d")
    for encoder in ("dpr?question=theirs.py:make&context=x", "hashing?dim=theirs:make"):
        refused(lambda encoder=encoder: make_retriever(changed(trap / "d", encoder=encoder)))


def test_the_recipe_of_a_knowledge_base(trap):
    manager = RetrievalManager("bm25")
    manager.add_documents(DOCUMENTS)
    manager.save_knowledge_base(trap / "kb")
    manifest = trap / "kb" / "manifest.json"
    said = json.loads(manifest.read_text())
    said["settings"]["knowledge_base"]["recipe"]["retriever"] = "theirs.py:make"
    manifest.write_text(json.dumps(said))
    opened = RetrievalManager(knowledge_base_path=trap / "kb")
    refused(lambda: opened.add_documents([Document("c", "C", "c")]))


def test_arrays_that_are_pickles(trap):
    DenseRetriever(DOCUMENTS, encoder="hashing?dim=8").save(trap / "d")
    (vectors,) = (trap / "d").glob("data-*/vectors.npy")
    old = vectors.stat().st_size
    np.save(vectors, np.array([Bomb(trap / "ran")], dtype=object), allow_pickle=True)
    data = vectors.read_bytes()
    vectors.write_bytes(data[:old].ljust(old, b"\0"))
    with pytest.raises(DataError, match=r"vectors\.npy"):
        make_retriever(trap / "d")


def test_weights_that_are_pickles(trap):
    """What `torch.load` reads, with a bomb in it: plain, and as a zip of torch's own."""
    torch = pytest.importorskip("torch")
    from hopgym.agents.rag.inference import _weights

    plain, zipped = trap / "plain.pth", trap / "zipped.pth"
    plain.write_bytes(pickle.dumps(Bomb(trap / "ran")))
    torch.save({"x": Bomb(trap / "ran")}, zipped)
    assert zipfile.is_zipfile(zipped)
    for file in (plain, zipped):
        with pytest.raises(DataError, match="is no file of weights alone"):
            _weights(file)


def remote_code(folder, architecture):
    """Make of a model's folder one whose settings ask for code that lies beside them."""
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "theirs"
    config["auto_map"] = dict.fromkeys(
        ["AutoConfig", "AutoModel", "AutoTokenizer", architecture], "theirs.Own"
    )
    (folder / "config.json").write_text(json.dumps(config))
    told = folder / "tokenizer_config.json"
    tokenizer = json.loads(told.read_text()) if told.exists() else {}
    tokenizer |= {"auto_map": {"AutoTokenizer": ["theirs.Own", None]}, "tokenizer_class": "Own"}
    told.write_text(json.dumps(tokenizer))
    (folder / "theirs.py").write_text((folder.parent / "theirs.py").read_text())
    return folder


def test_models_that_bring_code(trap):
    pytest.importorskip("sentence_transformers")
    from tiny_models import bert_in, sentence_model_in

    from hopgym.agents.drag.encoder import make_token_encoder
    from hopgym.agents.llm.loading import load_model
    from hopgym.rewards.classifier import Classifier

    bert = remote_code(bert_in(trap / "bert"), "AutoModelForCausalLM")
    with pytest.raises(ConfigError, match="could not be loaded"):
        load_model(bert)
    with pytest.raises((HopgymError, ValueError)):
        make_token_encoder(str(bert)).encode(["a"])
    with pytest.raises(HopgymError):
        Classifier(bert).logits(["a"])
    sentences = sentence_model_in(trap / "st")
    modules = json.loads((sentences / "modules.json").read_text())
    modules[-1]["type"] = "theirs.Own"
    (sentences / "modules.json").write_text(json.dumps(modules))
    (sentences / "theirs.py").write_text((trap / "theirs.py").read_text())
    with pytest.raises((HopgymError, ValueError), match=r"theirs\.Own|trust_remote_code"):
        make_encoder(str(sentences)).encode_queries(["a"])
    with pytest.raises((HopgymError, ValueError)):
        make_reranker(f"bi_encoder?encoder={sentences}").score([("a", DOCUMENTS[0])])
