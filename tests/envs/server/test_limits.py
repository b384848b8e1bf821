import pytest

from hopgym.envs.server.limits import EnvLimits
from hopgym.errors import ConfigError


@pytest.mark.parametrize(
    "limits",
    [{"max_sessions": 0}, {"idle_seconds": 0}, {"max_body": 1.5}, {"head_seconds": float("inf")}],
    ids=str,
)
def test_a_limit_out_of_range_is_refused(limits):
    (name,) = limits
    with pytest.raises(ConfigError, match=f"{name} is .*; give a number from"):
        EnvLimits(**limits)
