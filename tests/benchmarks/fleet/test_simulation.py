import numpy as np
import pytest

from hopgym.benchmarks.fleet.service import Service
from hopgym.benchmarks.fleet.simulation import Fleet, simulate
from hopgym.benchmarks.fleet.theory import repairmen
from hopgym.errors import ConfigError, MissingExtraError

pytest.importorskip("simpy")


@pytest.mark.parametrize("workers", [1, 4, 12])
def test_one_server_without_batches_is_as_theory_has_it(workers):
    alone = Service(0.0, 0.1, most=1)
    fleet = Fleet(workers, alone, think=0.5, link=0.0, service_spread="exponential")
    flow = simulate(fleet, 2_000, seed=3)
    assert flow.throughput == pytest.approx(repairmen(workers, 0.5, 0.1), rel=0.03)


def test_little_s_law_holds():
    fleet = Fleet(30, Service(0.02, 0.002), replicas=2, think=0.4)
    flow = simulate(fleet, 200)
    at_replicas = flow.throughput * np.mean(flow.waits)
    thinking = flow.throughput * fleet.think
    assert at_replicas + thinking == pytest.approx(30, rel=0.03)


@pytest.mark.parametrize("replicas", [1, 2])
def test_many_workers_fill_the_replicas_and_few_never_wait(replicas):
    service = Service(0.05, 0.001, most=16)
    many = Fleet(600, service, replicas, think=0.5)
    full, few = simulate(many, 60), simulate(Fleet(2, service, replicas), 60)
    assert full.throughput == pytest.approx(many.bounds[0], rel=0.02)
    assert full.batch == pytest.approx(16, rel=0.02) and full.busy / full.seconds > 0.97 * replicas
    assert few.wait(50) == pytest.approx(0.052, rel=0.01) and few.batch < 1.1


def test_no_throughput_is_above_its_bounds():
    for workers in (1, 20, 200):
        fleet = Fleet(workers, Service(0.01, 0.004), think=1.0, spread="constant")
        assert simulate(fleet, 50).throughput <= 1.02 * min(fleet.bounds)


def test_a_seed_gives_the_same_figures():
    fleet = Fleet(20, Service(0.01, 0.004))
    assert simulate(fleet, 20, 1) == simulate(fleet, 20, 1) != simulate(fleet, 20, 2)


def test_the_knee_is_where_both_bounds_meet():
    fleet = Fleet(1, Service(0.0, 0.01, most=8), think=0.99, link=0.0)
    assert fleet.bounds == (100, 1) and fleet.knee == pytest.approx(100)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"replicas": 0}, {"think": -1.0}, {"link": -1}])
def test_bad_input(wrong):
    with pytest.raises(ConfigError, match="there is one of each at least, and no time below 0"):
        Fleet(**{"workers": 1, "service": Service(0.1, 0.1), **wrong})
    with pytest.raises(ConfigError, match="it takes more than 0"):
        simulate(Fleet(1, Service(0.1, 0.1)), 0)


def test_simpy_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "simpy", None)
    with pytest.raises(MissingExtraError, match=r"hopgym\[fleet\]"):
        simulate(Fleet(1, Service(0.1, 0.1)), 1)
