from dataclasses import replace

import pytest
from kill_recipes import survives

from hopgym.benchmarks.faults.recipes.bench import RECIPES

(BENCH,) = RECIPES


@pytest.mark.slow
def test_two_kills_of_a_short_bench_change_nothing(tmp_path):
    command = [word.replace("test=120", "test=20") for word in BENCH.command]
    survives(replace(BENCH, command=command), tmp_path, kills=2)


@pytest.mark.slow
def test_kills_change_nothing(tmp_path):
    survives(BENCH, tmp_path)
