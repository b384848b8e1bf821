import pytest

from hopgym.benchmarks.audit.checks import CHECKS, Finding, names, verdict
from hopgym.errors import ConfigError, UnknownNameError


def test_every_check_can_be_had_and_is_described():
    for name in names():
        assert CHECKS.get(name).__name__ == name
        assert CHECKS.get(name).__doc__ and CHECKS.summary(name).endswith(".")


def test_ours_come_in_their_order_and_users_last():
    assert names()[0] == "seed_control" and names()[24] == "reward_reachability"
    CHECKS.register("zz_mine", "Mine.", lambda subject: Finding("passed", "Fine."))
    try:
        assert names()[-1] == "zz_mine"
    finally:
        del CHECKS._factories["zz_mine"], CHECKS._summaries["zz_mine"]


def test_unknown_checks_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'replay'"):
        names(["repley"])
    with pytest.raises(ConfigError, match="no check to run"):
        names([])


def test_a_verdict_keeps_its_evidence():
    assert verdict(True, "x") == ("passed", "x") and verdict(False, "x") == ("failed", "x")
