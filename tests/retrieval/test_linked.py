import os
from pathlib import Path

import pytest

from hopgym.retrieval.linked import link_folder


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.npy").write_bytes(b"a")
    (folder / "inner" / "b.npy").write_bytes(b"b")
    (folder / "write.lock").write_bytes(b"")
    (tmp_path / "target").mkdir()
    return folder


def check_copied(target):
    assert (target / "a.npy").read_bytes() == b"a"
    assert (target / "inner" / "b.npy").read_bytes() == b"b"
    assert not (target / "write.lock").exists(), "a lock belongs to one folder"


def test_files_get_second_names(source, tmp_path):
    link_folder(source, tmp_path / "target")
    check_copied(tmp_path / "target")
    assert os.path.samefile(source / "a.npy", tmp_path / "target" / "a.npy")


def test_removing_one_name_leaves_the_other(source, tmp_path):
    link_folder(source, tmp_path / "target")
    (source / "a.npy").unlink()
    assert (tmp_path / "target" / "a.npy").read_bytes() == b"a"


def test_where_there_are_no_links_files_are_copied(source, tmp_path, monkeypatch):
    def refuse(self, target):
        raise OSError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    link_folder(source, tmp_path / "target")
    check_copied(tmp_path / "target")
    assert not os.path.samefile(source / "a.npy", tmp_path / "target" / "a.npy")


def test_a_full_disk_is_told(source, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(OSError, match="No space left"):
        link_folder(source, tmp_path / "target")
