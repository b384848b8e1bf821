import json
import os

import pytest

from hopgym.errors import DataError
from hopgym.retrieval.saved import (
    FORMAT,
    MANIFEST,
    Manifest,
    SaveError,
    open_folder,
    read_manifest,
    save_folder,
    verify_folder,
)

INDEX = Manifest("bm25", "f00d", 2, {"k1": 0.9}, {"numpy": "2"})


def write(content):
    return lambda folder: (folder / "part.bin").write_bytes(content)


def data_folders(folder):
    return [path.name for path in folder.iterdir() if path.is_dir()]


@pytest.fixture
def folder(tmp_path):
    save_folder(tmp_path / "index", INDEX, write(b"old"))
    return tmp_path / "index"


def test_what_was_saved_opens(folder):
    manifest, data = open_folder(folder, "bm25")
    assert (manifest.retriever, manifest.fingerprint, manifest.documents) == ("bm25", "f00d", 2)
    assert manifest.settings == {"k1": 0.9}
    assert manifest.versions == {"numpy": "2"}
    assert manifest.sizes == {"part.bin": 3}
    assert manifest.format == FORMAT
    assert (data / "part.bin").read_bytes() == b"old"


def test_saving_again_replaces_and_leaves_nothing_behind(folder):
    save_folder(folder, INDEX, write(b"newer"))
    manifest, data = open_folder(folder, "bm25")
    assert (data / "part.bin").read_bytes() == b"newer"
    assert data_folders(folder) == [manifest.data]
    assert sorted(path.name for path in folder.iterdir()) == sorted([manifest.data, MANIFEST])


def test_a_failed_save_leaves_the_old(folder):
    def fail(data):
        write(b"half")(data)
        raise OSError("disk full")

    with pytest.raises(SaveError, match=r"\(disk full\).* is as it was. Mend the cause"):
        save_folder(folder, INDEX, fail)
    manifest, data = open_folder(folder, "bm25")
    assert (data / "part.bin").read_bytes() == b"old"
    assert data_folders(folder) == [manifest.data]


def test_remains_of_killed_saves_are_swept_when_old(folder):
    for name, age in (("data-old", 100_000), ("data-young", 0)):
        (folder / name).mkdir()
        stamp = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (stamp, stamp))
    (folder / f".{MANIFEST}.killed").write_text("")
    os.utime(folder / f".{MANIFEST}.killed", (0, 0))
    save_folder(folder, INDEX, write(b"new"))
    assert not (folder / f".{MANIFEST}.killed").exists()
    assert set(data_folders(folder)) == {read_manifest(folder).data, "data-young"}


def test_a_first_save_that_was_killed_can_be_repeated(tmp_path):
    (tmp_path / "data-killed").mkdir()
    save_folder(tmp_path, INDEX, write(b"whole"))
    assert open_folder(tmp_path, "bm25")[0].sizes == {"part.bin": 5}


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(DataError, match=r"is no saved index and holds 'thesis\.tex'. Give a new"):
        save_folder(tmp_path, INDEX, write(b""))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "index").write_text("")
    with pytest.raises(DataError, match=r"is a file\. Give a new folder"):
        save_folder(tmp_path / "index", INDEX, write(b""))


def test_a_folder_without_a_manifest_is_no_index(tmp_path):
    with pytest.raises(DataError, match=r"is no saved index \(it has no manifest\.json\)"):
        open_folder(tmp_path, "bm25")


def test_another_retrievers_index_is_refused(folder):
    with pytest.raises(DataError, match="is an index of the retriever 'bm25', not 'dense'"):
        open_folder(folder, "dense")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "is of format 99; this hopgym reads format 1. Build the index again"),
        ({"format": None}, "is of format None"),
        ({"documents": "two"}, r"is damaged \(.*documents.*\). Build the index again"),
        ({"data": "../elsewhere"}, "names files outside of its folder"),
        ({"data": "data-x/../.."}, "names files outside of its folder"),
        ({"sizes": {"../../secret": 3}}, "names files outside of its folder"),
        ({"sizes": {"gone.bin": 3}}, r"gone\.bin: is missing. Build the index again"),
    ],
)
def test_a_changed_manifest_is_refused(folder, change, message):
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**content, **change}))
    with pytest.raises(DataError, match=message):
        open_folder(folder, "bm25")


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format'])
def test_a_manifest_that_is_none_is_refused(folder, content):
    (folder / MANIFEST).write_text(content)
    with pytest.raises(DataError, match=r"manifest\.json"):
        open_folder(folder, "bm25")


def test_a_data_file_cut_short_is_refused(folder):
    file = next(folder.glob("data-*/part.bin"))
    file.write_bytes(b"o")
    with pytest.raises(DataError, match=r"part\.bin: has 1 bytes, not 3. Build the index again"):
        open_folder(folder, "bm25")


NAMES = ["new\nline", "a/../up", "-rf", "na?x=1&y", " ", "%2e%2e", "[red]x[/red]", "\u202e", "link"]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(tmp_path, name):
    (tmp_path / "a").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    place = f"{tmp_path}/{name}"
    for content in (b"old", b"new"):
        save_folder(place, INDEX, write(content))
        _, data = open_folder(place, "bm25")
        assert (data / "part.bin").read_bytes() == content
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    "name, message",
    [
        ("nul\0", "is no path. Give the name of a folder"),
        ("half\ud800", "is no path. Give the name of a folder"),
        ("file", "is a file. Give a new folder"),
        ("file/x", "could not be written .*Mend the cause"),
        ("x" * 300, "could not be written .*Mend the cause"),
        ("nowhere", "could not be written .*Mend the cause"),
        ("loop", "could not be written .*Mend the cause"),
    ],
)
def test_a_folder_that_cannot_be_is_refused(tmp_path, name, message):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DataError, match=message):
        save_folder(tmp_path / name, INDEX, write(b"new"))
    with pytest.raises(DataError, match="is no saved index"):
        open_folder(tmp_path / name, "bm25")
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "loop", "nowhere"]


def test_a_data_folder_that_is_a_link_is_not_emptied(folder, tmp_path):
    data = next(folder.glob("data-*"))
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    save_folder(folder, INDEX, write(b"new"))
    assert (tmp_path / "elsewhere" / "part.bin").read_bytes() == b"old"


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{", b"[" * 100_000])
def test_a_manifest_that_is_not_json_says_the_cure(folder, content):
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(DataError, match=r"manifest\.json: is damaged .*Build the index again"):
        open_folder(folder, "bm25")


def test_verifying_finds_what_sizes_do_not_tell(tmp_path):
    """Zeroed files of the right size were taken for whole."""

    def both(data):
        (data / "part.bin").write_bytes(b"old")
        save_folder(data / "child", INDEX, write(b"inner"))

    folder = tmp_path / "index"
    save_folder(folder, INDEX, both)
    manifest = verify_folder(folder)
    assert set(manifest.digests) == set(manifest.sizes) and len(manifest.digests) == 3
    inner = next((folder / manifest.data / "child").glob("data-*/part.bin"))
    inner.write_bytes(b"INNER")
    assert open_folder(folder, "bm25")[0] == manifest, "opening reads no file"
    with pytest.raises(DataError, match=r"child/data-\w+/part\.bin: is damaged.*Build the index"):
        verify_folder(folder)
    inner.write_bytes(b"inner")
    file = folder / MANIFEST
    file.write_text(file.read_text().replace("0.9", "0.8"))
    with pytest.raises(DataError, match=r"manifest\.json: is damaged, its content is not"):
        verify_folder(folder)
