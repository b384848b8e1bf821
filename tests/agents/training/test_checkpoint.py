import shutil

import pytest
from tiny_llms import needs_llms

from hopgym.agents.training.checkpoint import (
    COMPLETE,
    check,
    load_state,
    numbered,
    readable,
    recover,
    replaced,
    rotate,
    save_state,
    seal,
    written,
)
from hopgym.errors import ConfigError, DataError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "one"
    with pytest.raises(OSError, match="full"), replaced(folder) as part:
        (part / "weights").write_text("half")
        raise OSError("full")
    assert names(tmp_path) == []
    with replaced(folder) as part:
        (part / "weights").write_text("old")
        assert not folder.exists()
    with pytest.raises(KeyboardInterrupt), replaced(folder) as part:
        (part / "weights").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["one"] and (folder / "weights").read_text() == "old"
    with replaced(folder) as part:
        (part / "weights").write_text("new")
    assert names(tmp_path) == ["one"] and (folder / "weights").read_text() == "new"


@pytest.mark.parametrize("left", ["old", "part", "both", "all"])
def test_a_kill_at_any_moment_of_it_leaves_one_whole_folder(tmp_path, left):
    """`.old` alone is the moment between the two names; `.part` is never known to be whole."""
    folder = tmp_path / "best"
    for name in {"old": [".old"], "part": ["", ".part"], "both": [".old", ".part"],
                 "all": ["", ".old"]}[left]:  # fmt: skip
        (tmp_path / f"best{name}").mkdir()
        (tmp_path / f"best{name}" / "weights").write_text(name)
    recover(folder)
    assert names(tmp_path) == ["best"]
    assert (folder / "weights").read_text() == (".old" if left in ("old", "both") else "")


def test_a_checkpoint_is_what_was_written(tmp_path):
    folder = tmp_path / "checkpoint-3"
    with written(folder) as part:
        (part / "sub").mkdir()
        (part / "sub" / "a").write_bytes(b"12345")
    check(folder, "Cure.")
    for content in (b"12346", b"1234", b""):
        (folder / "sub" / "a").write_bytes(content)
        with pytest.raises(DataError, match=r"sub/a: is damaged, its content.*\. Cure\."):
            check(folder, "Cure.")
    (folder / "sub" / "a").unlink()
    with pytest.raises(DataError, match=r"sub/a: cannot be read .*Cure\."):
        check(folder, "Cure.")


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}'])
def test_a_seal_that_is_none_is_told(tmp_path, text):
    (tmp_path / COMPLETE).write_text(text)
    with pytest.raises(DataError, match=r"complete: is damaged .*Cure\."):
        check(tmp_path, "Cure.")


def test_one_of_an_earlier_version_has_no_digests(tmp_path):
    (tmp_path / COMPLETE).touch()
    (tmp_path / "a").write_text("anything")
    check(tmp_path, "")
    seal(tmp_path)
    (tmp_path / "a").write_text("other")
    with pytest.raises(DataError, match="damaged"):
        check(tmp_path, "")


def test_what_cannot_be_read_is_named(tmp_path):
    with (
        pytest.raises(DataError, match=r"w\.pt cannot be read \(KeyError: 'x'\)|\('x'\)"),
        readable(tmp_path / "w.pt"),
    ):
        raise KeyError("x")
    with pytest.raises(ConfigError, match="ours"), readable(tmp_path / "w.pt"):
        raise ConfigError("ours")
    with pytest.raises(MemoryError), readable(tmp_path / "w.pt"):
        raise MemoryError


def test_a_state_is_read_without_its_code(tmp_path):
    needs_llms()
    import torch
    from faulty_runs import Evil

    file = tmp_path / "s.pt"
    save_state({"a": torch.ones(2), "n": 3}, file)
    assert load_state(file)["n"] == 3
    torch.save({"a": Evil(tmp_path / "ran")}, file)
    with pytest.raises(DataError, match=r"s\.pt cannot be read .*remove its folder, and --resume"):
        load_state(file)
    assert not (tmp_path / "ran").exists()


def sealed(folder, *steps):
    for step in steps:
        with written(folder / f"checkpoint-{step}") as part:
            (part / "weights").write_text(str(step))


def test_the_last_checkpoints_are_kept(tmp_path):
    sealed(tmp_path, 2, 9, 10)
    (tmp_path / "checkpoint-mine").mkdir()
    rotate(tmp_path, 2)
    assert list(numbered(tmp_path)) == [9, 10]
    rotate(tmp_path, 2)
    assert names(tmp_path) == ["checkpoint-10", "checkpoint-9", "checkpoint-mine"]
    assert numbered(tmp_path / "missing") == {}


def test_a_kill_while_an_old_one_is_removed_leaves_no_half_of_one_that_seems_whole(
    tmp_path, monkeypatch
):
    sealed(tmp_path, 1, 2)
    remove = shutil.rmtree

    def killed(folder, **more):
        if not more:
            (folder / "weights").unlink()
            raise KeyboardInterrupt
        remove(folder, **more)

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate(tmp_path, 1)
    assert list(numbered(tmp_path)) == [2]
