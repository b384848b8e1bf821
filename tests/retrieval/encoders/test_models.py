import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hopgym.errors import ConfigError, DataError
from hopgym.retrieval.encoders.models import (
    LateModel,
    files_fingerprint,
    model_folder,
    read_settings,
)


def model_in(folder, weights=b"weights"):
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "config.json").write_text('{"hidden_size": 3}')
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_a_folder_is_itself(tmp_path):
    assert model_folder(tmp_path) == model_folder(str(tmp_path)) == tmp_path.resolve()


@pytest.mark.parametrize("model", ["/no/such/folder", "./nowhere", "a/b/c", "x y/z", ""])
def test_a_path_that_is_no_folder_is_refused(model):
    with pytest.raises(ConfigError, match=r"No model folder .* or a name at the hub"):
        model_folder(model)


def test_a_model_that_is_not_here_is_refused_without_a_network(monkeypatch):
    pytest.importorskip("huggingface_hub")
    with pytest.raises(ConfigError, match=r"'nobody/nothing' is not on this machine .*hf download"):
        model_folder("nobody/nothing", local_files_only=True)


def test_local_files_only_is_passed_on(monkeypatch, tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def download(name, **keywords):
        asked.append((name, keywords["revision"], keywords["local_files_only"]))
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", download)
    assert model_folder("some/model", revision="v1", local_files_only=True) == tmp_path
    assert model_folder("some/model") == tmp_path
    assert asked == [("some/model", "v1", True), ("some/model", None, False)]


def test_the_fingerprint_is_of_what_files_hold(tmp_path):
    one = files_fingerprint(model_in(tmp_path / "one"))
    assert files_fingerprint(model_in(tmp_path / "two")) == one
    assert files_fingerprint(model_in(tmp_path / "three", b"others!")) != one
    for extra in ("README.md", ".gitattributes", "model.onnx"):
        (tmp_path / "two" / extra).write_text("x")
    assert files_fingerprint(tmp_path / "two") == one
    (tmp_path / "two" / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert files_fingerprint(tmp_path / "two") != one


def test_settings_files(tmp_path):
    (tmp_path / "a.json").write_text('{"x": 1}')
    (tmp_path / "b.json").write_text("[1]")
    (tmp_path / "c.json").write_text("{")
    assert read_settings(tmp_path / "a.json") == {"x": 1}
    assert read_settings(tmp_path / "b.json") == read_settings(tmp_path / "none.json") == {}
    with pytest.raises(DataError, match=r"c\.json: not JSON"):
        read_settings(tmp_path / "c.json")


LOADED = []


def load():
    LOADED.append(1)
    time.sleep(0.02)
    return "model"


def test_a_model_is_loaded_once_and_used_by_one_thread_at_a_time():
    pytest.importorskip("transformers")
    LOADED.clear()
    late, inside, most = LateModel(load), [], []
    lock = threading.Lock()

    def use(_):
        with late.use() as model:
            with lock:
                inside.append(1)
                most.append(len(inside))
            time.sleep(0.001)
            with lock:
                inside.pop()
        return model

    assert not LOADED
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(use, range(20))) == {"model"}
    assert len(LOADED) == 1
    assert max(most) == 1


def test_a_copy_loads_again():
    pytest.importorskip("transformers")
    LOADED.clear()
    late = LateModel(load)
    with late.use():
        copy = pickle.loads(pickle.dumps(late))
    with copy.use() as model:
        assert model == "model"
    assert len(LOADED) == 2
