import json

import pytest

from hopgym.benchmarks.faults.artefact import Omission, artefact, differences
from hopgym.errors import DataError


def left(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def two(tmp_path, first, second, **given):
    runs = (left(tmp_path / "a", first), left(tmp_path / "b", second))
    return differences(*(artefact(run, **given) for run in runs))


def test_every_byte_counts(tmp_path):
    found = two(tmp_path, {"m/x": b"\x00\x01", "y": "1"}, {"m/x": b"\x00\x02", "z": "1"})
    assert found == ["m/x differs", "y is missing", "z is too much"]


def test_the_runs_own_folder_is_no_difference(tmp_path):
    files = ({"c.json": json.dumps({"out": str(tmp_path / run)})} for run in "ab")
    assert two(tmp_path, *files) == []


LINES = ['{"id":1,"took_s":%s,"in":{"took_s":%s}}', '{"id":2,"took_s":%s,"in":{"took_s":%s}}']


def test_a_field_is_left_out_at_any_depth(tmp_path):
    files = ({"r.jsonl": "\n".join(LINES) % ((n,) * 4)} for n in (1, 2))
    omitted = [Omission("*.jsonl", "clock times", ("*_s",))]
    assert two(tmp_path, *files, omissions=omitted) == []


def test_the_order_counts_unless_it_is_left_out(tmp_path):
    files = ({"r.jsonl": '{"id":1}\n{"id":2}\n'}, {"r.jsonl": '{"id":2}\n{"id":1}\n'})
    assert two(tmp_path, *files) == ["r.jsonl differs"]
    any_order = [Omission("*.jsonl", "episodes run side by side", any_order=True)]
    assert two(tmp_path, *files, omissions=any_order) == []


def test_a_line_too_few_is_a_difference_in_any_order(tmp_path):
    files = ({"r.jsonl": '{"id":1}\n{"id":1}\n'}, {"r.jsonl": '{"id":1}\n'})
    any_order = [Omission("*.jsonl", "side by side", any_order=True)]
    assert two(tmp_path, *files, omissions=any_order) == ["r.jsonl differs"]


def test_a_whole_file_is_left_out(tmp_path):
    files = ({"logs/a.log": "1", "m": "1"}, {"logs/b.log": "2", "m": "1"})
    assert two(tmp_path, *files, omissions=[Omission("logs/*", "clock times")]) == []


def test_random_names_are_read_as_one(tmp_path):
    files = ({f"data-{n}/x": "1", "now": f"data-{n}"} for n in ("ab12", "cd34"))
    assert two(tmp_path, *files, aliases={r"data-[0-9a-z]+": "data"}) == []


def test_what_is_cut_short_is_told(tmp_path):
    run = left(tmp_path / "a", {"r.jsonl": '{"id":1}\n{"id'})
    with pytest.raises(DataError, match=r"r\.jsonl: not JSON .*Was its run cut short"):
        artefact(run, [Omission("*.jsonl", "clock times", ("*_s",))])
