import pytest

from hopgym.envs.kg import MODES, Rule
from hopgym.errors import ConfigError


def test_by_default_undirected_shortest_paths_count():
    assert Rule() == Rule("undirected", slack=0, max_hops=6, min_precision=0.0)
    assert MODES == ("undirected", "directed", "either")
    assert Rule(max_hops=None).max_hops is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "both"}, "mode is 'both'; it may be undirected, directed, either"),
        ({"slack": 3}, "slack is 3; it may be 0, 1 or 2"),
        ({"slack": True}, "slack is True"),
        ({"max_hops": 0}, "max_hops is 0; it must be a whole number from 1, or None"),
        ({"max_hops": 2.0}, r"max_hops is 2\.0"),
        ({"min_precision": 1.2}, r"min_precision is 1\.2; it is between 0 and 1"),
    ],
)
def test_other_rules_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Rule(**options)
