import json
import sys

import pytest
from tiny_llms import needs_llms

from hopgym.benchmarks.speed import drag
from hopgym.benchmarks.speed.drag_workload import BUILT, STEP, SUMMED
from hopgym.errors import ConfigError, MissingExtraError

needs_llms()


@pytest.fixture(scope="module")
def told():
    """A tiny run."""
    from hopgym.benchmarks.speed.drag_sides import Sizes, threads

    with threads(1):
        return drag.measure(
            threads=[1], batches=[2, 4], relations=5, samples=6, rounds=2, seconds=0.0, count=8,
            device="cpu", sizes=Sizes(encoder_dim=16, hidden=8, steps=2),
        )  # fmt: skip


def test_every_side_is_there_for_every_precision(told):
    rows = [(figure.name, figure.batch) for figure in told.figures]
    expected = [(STEP, 1), (STEP, 2), (STEP, 4), (SUMMED, 16), (BUILT, 1), (BUILT, 2), (BUILT, 4)]
    assert rows == 2 * expected
    groups = [figure.group for figure in told.figures]
    assert groups == ["float32, 1 thread"] * 7 + ["bfloat16, 1 thread"] * 7
    for figure in told.figures:
        assert figure.per_cpu > 0 < figure.per_wall
        assert (figure.of_peak is None) == (figure.name == BUILT)
    assert told.figures[0].times_cpu == told.figures[7].times_wall == [1, 1, 1]
    assert told.figures[2].times_cpu[0] > 1


def test_the_run_says_what_it_was(told):
    assert (told.device, told.facts, told.relations, told.rounds) == ("cpu", 50, 5, 2)
    assert told.parameters > 1000 and set(told.operations) == {1, 2, 4}
    assert told.machine["cores"] > 0 < len(told.machine["torch"])


def test_a_pass_over_new_questions_tells_of_all_of_them(told):
    assert [(each.group, each.batch) for each in told.epochs] == [
        (f"{dtype}, 1 thread", batch) for dtype in drag.DTYPES for batch in (2, 4)
    ]
    assert all(each.whole[0] > 100 * each.training[0] > 0 for each in told.epochs)


def test_the_command_prints_tables_and_writes_a_file(tmp_path, capsys, monkeypatch, told):
    asked = {}
    monkeypatch.setattr(drag, "measure", lambda **given: asked.update(given) or told)
    file = tmp_path / "drag.json"
    drag.main(["--threads", "1", "2", "--retriever_dtype", "bfloat16", "--json", str(file)])
    assert asked["threads"] == [1, 2] and asked["retriever_dtype"] == ["bfloat16"]
    assert asked["batches"] == [16, 64, 256] and asked["relations"] == 13
    assert json.loads(file.read_text())["figures"][1]["batch"] == 2
    shown = capsys.readouterr().out
    assert "One epoch of 27,613 questions" in shown and "not credible" in shown.replace("\n", " ")


def test_impossible_graphs_are_refused():
    with pytest.raises(ConfigError, match="relations is 51; graphs of 50 facts have 1 to 50"):
        drag.measure(relations=51, count=1)


def test_without_torch_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="llm"):
        drag.measure()
