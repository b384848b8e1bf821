import pytest

from hopgym.benchmarks.faults.making import prepared_by
from hopgym.errors import ConfigError


def test_commands_of_ours_fill_a_folder(tmp_path):
    prepared_by(("world", "--entities", "100", "--train", "5", "--out", "{given}/w"))(tmp_path)
    assert (tmp_path / "w" / "documents.jsonl").is_file()


def test_a_command_that_fails_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"`hopgym world --hops no .*ended with status 2: .*no"):
        prepared_by(("world", "--hops", "no", "--out", "{given}/w"))(tmp_path)
