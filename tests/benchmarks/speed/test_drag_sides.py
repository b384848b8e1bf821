from types import SimpleNamespace

import pytest
from tiny_llms import needs_llms

needs_llms()

import torch  # noqa: E402

from hopgym.benchmarks.speed import drag_sides  # noqa: E402
from hopgym.benchmarks.speed.drag_sides import (  # noqa: E402
    Sizes,
    Trainer,
    finish,
    make_phase,
    one_epoch,
    operations,
    product,
    sides,
    threads,
)
from hopgym.benchmarks.speed.drag_workload import PRODUCT, cases, questions  # noqa: E402

SMALL = Sizes(encoder_dim=16, hidden=8, steps=2)
CASES = cases(questions(6, 5))


@pytest.fixture(autouse=True)
def one_thread():
    """Small products are slower with more, on a busy machine by far."""
    with threads(1):
        yield


def weights(phase):
    """All of them, in one row."""
    return torch.cat([each.detach().flatten() for each in phase.parts.retriever.parameters()])


def test_single_graphs_whose_gradients_are_summed_learn_what_a_batch_does():
    batch, summed = (make_phase(SMALL, "float32", "cpu") for _ in range(2))
    start = weights(batch).clone()
    assert Trainer(batch, CASES, 1).stepping(4)() == 4
    assert Trainer(summed, CASES, 1).summing(4)() == 4
    moved = weights(batch) - start
    assert moved.abs().max() > 1e-6
    near = torch.nn.functional.cosine_similarity(moved, weights(summed) - start, dim=0)
    assert near > 0.9  # facts that a gold one is compared with are drawn


def test_building_trains_nothing_and_questions_come_in_turn():
    phase = make_phase(SMALL, "float32", "cpu")
    start, seen = weights(phase).clone(), []
    trainer = Trainer(phase, CASES, 1)
    assert trainer.building(4)() == 4
    assert torch.equal(weights(phase), start)
    phase.step = lambda asked, noise: seen.append([CASES.index(case) for case in asked])
    play = trainer.stepping(4)
    play(), play()
    assert seen == [[0, 1, 2, 3], [4, 5, 0, 1]]


def test_sides_begin_with_single_graphs_and_end_with_bare_products():
    phase = make_phase(SMALL, "bfloat16", "cpu")
    assert phase.parts.bfloat16
    labels = [each.rows[0].label for each in sides(Trainer(phase, CASES, 2), "bfloat16", [2, 1], 3)]
    assert [label.envs for label in labels] == [1, 2, 3, 1, 2, 1]
    assert labels[-1].name == PRODUCT
    assert {label.search for label in labels} == {"bfloat16, 2 threads"}


def test_operations_are_those_of_the_products():
    few, many = (
        operations(make_phase(Sizes(16, hidden, 2), "float32", "cpu"), CASES[:4])
        for hidden in (32, 64)
    )
    assert 3 < many / few < 4  # products of width by width, and some that are by width alone
    assert product("float32", "cpu", 1)() == 2 * 1024**3 // 10**6


def test_an_epoch_is_told_at_the_rate_of_what_was_measured():
    told = one_epoch(questions(5, 5), SMALL, "float32", 1, 2, "cpu")
    assert told.samples == 6  # three steps, the last of which begins again
    cpu = 27_613 * (told.preparing[0] / 5 + told.training[0] / 6)
    assert told.whole[0] == pytest.approx(cpu) and told.group == "float32, 1 thread"


def test_threads_are_given_back_even_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="no"), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise RuntimeError("no")
    assert torch.get_num_threads() == before


def test_a_gpu_is_waited_for(monkeypatch):
    waited = []
    fake = SimpleNamespace(synchronize=waited.append)
    monkeypatch.setattr(drag_sides.torch, "cuda", fake)
    finish("cpu")
    finish("cuda:1")
    assert waited == ["cuda:1"]


def test_a_gpu_makes_larger_products_and_is_waited_for_each_time(monkeypatch):
    shapes, waited = [], []
    monkeypatch.setattr(drag_sides, "finish", waited.append)
    monkeypatch.setattr(drag_sides.torch, "ones", lambda *size, **_: shapes.append(size))
    monkeypatch.setattr(drag_sides.torch, "mm", lambda one, other: None)
    assert product("bfloat16", "cuda", 1)() == 2 * 8192**3 // 10**6
    assert shapes == [(8192, 8192)] and waited == ["cuda"]
