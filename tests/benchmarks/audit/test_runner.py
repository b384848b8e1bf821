import pytest
from audited import strangers

from hopgym.benchmarks.audit import CHECKS, Finding, run_audit
from hopgym.errors import ConfigError


@pytest.fixture
def check():
    def add(function):
        CHECKS.register("mine", "Mine.", function)

    yield add
    del CHECKS._factories["mine"], CHECKS._summaries["mine"]


def test_checks_run_in_the_order_given():
    told = []
    report = run_audit(strangers("audit/GEM-v0"), ["one_ending", "replay"], told.append)
    assert [one.name for one in report.checks] == ["one_ending", "replay"] == told
    assert report.sound and report.count("passed") == 2 and report.episodes == 12


def test_what_breaks_has_failed(check):
    check(lambda subject: 1 / 0)
    report = run_audit(strangers("audit/GEM-v0"), ["mine"])
    assert not report.sound and "ZeroDivisionError" in report.checks[0].evidence


def test_a_check_must_return_a_finding(check):
    check(lambda subject: True)
    with pytest.raises(ConfigError, match="returned a bool; return a Finding"):
        run_audit(strangers("audit/GEM-v0"), ["mine"])


def test_a_user_s_own_check(check):
    check(lambda subject: Finding("not applicable", subject.env_id))
    assert run_audit(strangers("audit/GEM-v0"), ["mine"]).checks[0].evidence == "audit/GEM-v0"
