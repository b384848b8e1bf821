from dataclasses import FrozenInstanceError, replace

import pytest

from hopgym.agents.engines.base import Work
from hopgym.agents.rollout import Job


def test_work_is_parted_without_changing_the_rest():
    work = Work("hopgym/SearchRead-v0", {"top_k": 3}, "random", 5, [Job("a", 0), Job("b", 0)])
    part = replace(work, jobs=work.jobs[:1])
    assert len(work.jobs) == 2 and (part.jobs, part.seed) == ([Job("a", 0)], 5)
    with pytest.raises(FrozenInstanceError):
        work.seed = 6
