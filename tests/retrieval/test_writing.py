import errno
import os

import pytest

from hopgym.errors import ConfigError, DataError
from hopgym.files import atomic_write
from hopgym.retrieval.writing import writable


def fail(number):
    raise OSError(number, os.strerror(number), "/tmp/.hidden.x1y2")


def test_what_can_be_written_is(tmp_path):
    with writable(tmp_path / "new" / "a"), atomic_write(tmp_path / "new" / "a") as stream:
        stream.write(b"x")
    assert (tmp_path / "new" / "a").read_bytes() == b"x"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_the_cause_is_named_but_not_the_temporary_file(tmp_path, number):
    with (
        pytest.raises(DataError, match=rf"could not be written \({os.strerror(number)}") as raised,
        writable(tmp_path / "a"),
    ):
        fail(number)
    assert "hidden" not in str(raised.value) and "another place" in str(raised.value)


def test_a_folder_and_what_lies_below_a_file_are_refused(tmp_path):
    with (
        pytest.raises(DataError, match=r"is a folder\. Give the name of a file"),
        writable(tmp_path),
    ):
        pytest.fail("nothing is begun")
    (tmp_path / "file").write_text("x")
    path = tmp_path / "file" / "deep" / "a"
    with (
        pytest.raises(DataError, match=r"file is a file; give a path below a folder"),
        writable(path),
        atomic_write(path),
    ):
        pytest.fail("nothing is begun")


def test_other_errors_pass(tmp_path):
    with pytest.raises(ConfigError, match="mine"), writable(tmp_path / "a"):
        raise ConfigError("mine")
    with pytest.raises(DataError, match="no path"), writable("a\0b"):
        pytest.fail("nothing is begun")
