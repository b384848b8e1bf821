"""What needs no verifiers; the round trip itself is in test_doors, where it is installed."""

import pytest

from hopgym.agents.rollout import Job
from hopgym.benchmarks.round_trips.scripts import GAMES, Script
from hopgym.benchmarks.round_trips.verified import play
from hopgym.errors import EpisodeError


def test_scripts_that_begin_alike_are_refused():
    twins = [Script(Job(id, 0), "The question: Who?", ("a",), 0.0) for id in ("a", "b")]
    with pytest.raises(EpisodeError, match="begin alike"):
        play(GAMES[0], twins)
