import hashlib

import pytest

from hopgym.errors import DataError
from hopgym.retrieval.digests import damaged, digest, refuse_damaged, seal


def test_a_digest_is_that_of_the_content(tmp_path):
    content = bytes(range(256)) * 5_000
    (tmp_path / "a").write_bytes(content)
    assert digest(tmp_path / "a") == hashlib.blake2b(content, digest_size=16).hexdigest()


def test_what_differs_is_named_file_by_file(tmp_path):
    names = ["a", "b", "c", "d", "e"]
    for name in names:
        (tmp_path / name).write_text(name)
    good = {name: digest(tmp_path / name) for name in names}
    assert list(damaged(tmp_path, good)) == []
    refuse_damaged(tmp_path, good, "Mend it.")
    (tmp_path / "b").write_text("x")
    (tmp_path / "c").unlink()
    assert [line.split(": ")[1][:14] for line in damaged(tmp_path, good)] == [
        "is damaged, it",
        "cannot be read",
    ]
    for name in ("a", "d", "e"):
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=r"a: is damaged.*b: .*c: .*\(and 2 files more\)\. Mend it"):
        refuse_damaged(tmp_path, good, "Mend it.")


def test_a_seal_is_of_the_values_in_any_order():
    assert seal({"a": 1, "b": [1.5]}) == seal({"b": [1.5], "a": 1, "seal": "old"})
    assert seal({"a": 1}) != seal({"a": 2})
