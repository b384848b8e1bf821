import json

import pytest

from hopgym.benchmarks.report.curves import MAX_POINTS, find_runs, read_curves, runs_of_agents
from hopgym.errors import DataError


def write(folder, name, lines):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def marks(folder, *scores):
    lines = [
        {
            "step": 10 * n,
            "epoch": n / 2,
            "score": score,
            "metrics": {"em": score, "f1": score + 0.1},
        }
        for n, score in enumerate(scores, 1)
    ]
    return write(folder, "marks.jsonl", lines)


def test_what_a_run_was_marked_and_what_it_learnt(tmp_path):
    run = marks(tmp_path / "sft", 0.25, 0.5)
    write(run, "journal.jsonl", [{"update": 1, "loss": 2.0}, {"update": 2, "loss": 1.0}])
    (curve,) = read_curves({"sft": run})
    assert curve["name"] == "sft" and sorted(curve["series"]) == ["em", "f1", "loss", "score"]
    assert curve["series"]["em"] == {"clock": "step", "points": [[10, 0.25], [20, 0.5]]}
    assert curve["series"]["loss"] == {"clock": "update", "points": [[1, 2.0], [2, 1.0]]}


def test_only_numbers_are_figures(tmp_path):
    line = {"step": 1, "name": "x", "ok": True, "bad": None, "by": {"a": 3}}
    run = write(tmp_path / "r", "journal.jsonl", [line, {"loss": 1.0}])
    assert read_curves({"r": run})[0]["series"] == {
        "by: a": {"clock": "step", "points": [[1, 3.0]]}
    }


def test_runs_are_found_below_a_folder_and_told_apart(tmp_path):
    marks(tmp_path / "a" / "sft", 0.1)
    marks(tmp_path / "b" / "sft", 0.2)
    assert list(find_runs([tmp_path])) == ["a/sft", "b/sft"]
    assert list(find_runs([tmp_path / "a" / "sft"])) == ["sft"]


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"No training run in .*marks\.jsonl.*--output_dir"):
        find_runs([tmp_path])


def test_agents_lead_to_their_runs(tmp_path):
    run = marks(tmp_path / "sft", 0.1)
    specs = [str(run), f"rag?model={run}&top_k=3", "random", "x.py:play", "a\0b"]
    assert runs_of_agents(specs) == {str(run): run, f"rag?model={run}&top_k=3": run}
    assert len(read_curves(runs_of_agents(specs))) == 1  # one folder, one curve


def test_the_shipped_policy_has_its_curve():
    (curve,) = read_curves(runs_of_agents(["tiny"]))
    assert curve["name"] == "tiny" and "loss" in curve["series"] and "all: em" in curve["series"]


def test_a_damaged_file_is_an_error(tmp_path):
    run = marks(tmp_path / "r", 0.1)
    (run / "marks.jsonl").write_text('{"step": 1}\n{"step"\n')
    with pytest.raises(DataError, match=r"marks\.jsonl:2"):
        read_curves({"r": run})
    (run / "marks.jsonl").write_text("3\n")
    with pytest.raises(DataError, match="holds no curve"):
        read_curves({"r": run})


def test_a_long_curve_is_thinned_and_keeps_its_ends(tmp_path):
    lines = [{"step": n, "loss": n / 7} for n in range(5 * MAX_POINTS)]
    points = read_curves({"r": write(tmp_path, "journal.jsonl", lines)})[0]["series"]["loss"][
        "points"
    ]
    assert len(points) == MAX_POINTS
    assert points[0][0] == 0 and points[-1][0] == 5 * MAX_POINTS - 1
