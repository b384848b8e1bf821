import json
import shutil
import sys
from pathlib import Path

import pytest

from hopgym.benchmarks.server_fuzz import fuzz_all, read_report, table


def event(status, *checks):
    response = None if status is None else {"status_code": status}
    told = [{"name": name, "status": state} for name, state in checks]
    recorder = {
        "label": "GET /x",
        "interactions": {"a": {"response": response}},
        "checks": {"a": told},
    }
    return json.dumps({"ScenarioFinished": {"recorder": recorder}})


def test_a_report_is_counted(tmp_path):
    file = tmp_path / "report.ndjson"
    lines = [event(200, ("good", "success")), event(500, ("not_a_server_error", "failure"))]
    file.write_text("\n".join([*lines, event(None), '{"EngineFinished": {}}']))
    found = read_report("open", file)
    assert (found.requests, found.statuses) == (3, {"200": 1, "500": 1, "none": 1})
    assert found.failures == ["GET /x a: not_a_server_error"]
    assert table([found]).row_count == 1


def test_a_run_without_requests_is_a_failure(tmp_path):
    (tmp_path / "report.ndjson").write_text("{}")
    assert read_report("open", tmp_path / "report.ndjson").failures == ["it sent no request"]


@pytest.mark.slow
def test_a_minute_of_fuzzing_finds_nothing():
    if shutil.which("schemathesis", path=Path(sys.executable).parent) is None:
        pytest.skip("schemathesis is not installed (extra `fuzz`)")
    assert not [failure for found in fuzz_all(15) for failure in found.failures]
