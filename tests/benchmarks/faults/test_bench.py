"""Bench, and what can befall it: the disk, the retriever, an environment, memory and the clock."""

import re
import time
from itertools import count

import gymnasium
import pytest
from boards import results
from faulty_runs import fill, half_written, small_disk
from servers import fake_server
from toy import DOCUMENTS, QUESTIONS, ToyQuestions, ToyRetriever

from hopgym.agents.iterative import IterativeAgent
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.progress import Silent
from hopgym.benchmarks.results import read_records
from hopgym.benchmarks.suites import Task
from hopgym.envs.search_read import SearchReadEnv, SearchReadEpisode
from hopgym.errors import AgentError, ResultsError

ENV = "hopgym/SearchRead-v0"
WORLD = Task(name="world", env_id=ENV, questions="world?entities=300", episodes=12)


def toy_task(retriever, seeds=6):
    return Task(
        name="toy", env_id=ENV, questions=ToyQuestions(), split="train",
        seeds=tuple(range(seeds)), env_kwargs={"retriever": retriever},
    )  # fmt: skip


class Before(Silent):
    """Does something before an episode's record is shown."""

    def __init__(self, episode, do):
        self.left, self.do = episode, do

    def step(self, record):
        self.left -= 1
        if not self.left:
            self.do()


def test_a_full_disk_keeps_what_was_played(tmp_path):
    run_bench([WORLD], ["iterative"], tmp_path / "whole")
    with small_disk(tmp_path / "disk", 1) as disk:
        out, ballast = disk / "out", []
        full = Before(5, lambda: ballast.append(fill(disk)))
        with pytest.raises(ResultsError, match=r"cannot be written \(No space left.*is kept"):
            run_bench([WORLD], ["iterative"], out, reporter=full)
        (file,) = out.glob("*.jsonl")
        kept = len(read_records(file))
        assert 5 <= kept < 12 and not half_written(out)
        ballast[0].unlink()
        (outcome,) = run_bench([WORLD], ["iterative"], out)
        assert (outcome.kept, outcome.played, outcome.errors) == (kept, 12 - kept, 0)
        assert results(out) == results(tmp_path / "whole")


@pytest.mark.parametrize("fault", ["500", "refuses", "hangs"])
def test_a_retriever_that_goes_down_is_no_score_and_is_asked_again(tmp_path, fault):
    known, up = ToyRetriever(), [True]

    def answer(asked):
        if up[0]:
            hits = known.search(asked.json["queries"], asked.json["topk"])
            rows = [[{"id": d.id, "title": d.title, "contents": d.text} for d in row]
                    for row in hits.documents]  # fmt: skip
            return 200, {"result": [[{"document": d, "score": 1.0} for d in row] for row in rows]}
        if fault == "hangs":
            time.sleep(0.3)
        return None if fault == "refuses" else (500, {"detail": "no index"})

    with fake_server(answer) as fake:
        spec = f"http?url={fake.url}&retries=0&timeout=0.2&failures=100"
        run_bench([toy_task(spec)], ["iterative"], tmp_path / "whole", num_envs=2)
        down = Before(3, lambda: up.__setitem__(0, False))
        (broken,) = run_bench(
            [toy_task(spec)], ["iterative"], tmp_path / "out", num_envs=2, reporter=down
        )
        assert broken.played == 12 and 0 < broken.errors < 12
        failed = [record for record in read_records(broken.path).values() if record.error]
        assert all("RetrievalError" in r.error or "GaveUpError" in r.error for r in failed)
        assert {(r.reward, tuple(r.metrics), r.prediction) for r in failed} == {(0.0, (), None)}
        up[0] = True
        (again,) = run_bench([toy_task(spec)], ["iterative"], tmp_path / "out", num_envs=2)
        assert (again.kept, again.played, again.errors) == (12 - broken.errors, broken.errors, 0)
        assert results(tmp_path / "out") == results(tmp_path / "whole")


class Fragile(SearchReadEnv):
    """Breaks down in some calls of `step`, or of `reset`."""

    calls = count(1)
    breaks: frozenset = frozenset()
    at = "step"

    def reset(self, **given):
        self._maybe("reset")
        return super().reset(**given)

    def step(self, action):
        self._maybe("step")
        return super().step(action)

    def _maybe(self, call):
        if self.at == call and next(Fragile.calls) in self.breaks:
            raise ZeroDivisionError("by chance")


@pytest.fixture
def fragile(monkeypatch):
    def register(at, *breaks):
        monkeypatch.setattr(Fragile, "calls", count(1))
        monkeypatch.setattr(Fragile, "breaks", frozenset(breaks))
        monkeypatch.setattr(Fragile, "at", at)

    gymnasium.register("faults/Fragile-v0", entry_point=Fragile)
    yield register
    gymnasium.registry.pop("faults/Fragile-v0")


@pytest.mark.parametrize(("at", "broken"), [("step", 3), ("reset", 4)])
def test_an_environment_that_raises_costs_its_episode_alone(tmp_path, fragile, at, broken):
    task = Task(**{**_fields(toy_task(ToyRetriever())), "env_id": "faults/Fragile-v0"})
    fragile(at)
    run_bench([task], ["iterative"], tmp_path / "whole", num_envs=3)
    fragile(at, broken)
    (outcome,) = run_bench([task], ["iterative"], tmp_path / "out", num_envs=3)
    assert (outcome.played, outcome.errors) == (12, 1)
    assert re.match(
        r"EnvError: The environment Fragile raised ZeroDivisionError: by chance \(line \d+ of ",
        outcome.first_error,
    )
    (again,) = run_bench([task], ["iterative"], tmp_path / "out", num_envs=3)
    assert (again.kept, again.played, again.errors) == (11, 1, 0)
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def test_an_episode_of_a_native_vector_that_raises_is_the_only_one_lost(tmp_path, monkeypatch):
    run_bench([toy_task(ToyRetriever())], ["iterative"], tmp_path / "whole", num_envs=4)
    receive, calls = SearchReadEpisode.receive, count(1)

    def breaks(episode, rows):
        if next(calls) == 3:
            raise ZeroDivisionError("by chance")
        return receive(episode, rows)

    with monkeypatch.context() as patch:
        patch.setattr(SearchReadEpisode, "receive", breaks)
        (outcome,) = run_bench([toy_task(ToyRetriever())], ["iterative"], tmp_path / "out",
                               num_envs=4)  # fmt: skip
    assert (outcome.played, outcome.errors) == (12, 1)
    assert "raised ZeroDivisionError: by chance" in outcome.first_error
    run_bench([toy_task(ToyRetriever())], ["iterative"], tmp_path / "out", num_envs=4)
    assert results(tmp_path / "out") == results(tmp_path / "whole")


class Hungry(IterativeAgent):
    """Runs out of memory after some turns."""

    name = "hungry"
    turns = count(1)
    last = 10**9

    def act(self, observations, infos):
        if next(Hungry.turns) > Hungry.last:
            raise MemoryError("Unable to allocate 2.00 GiB")
        return super().act(observations, infos)


def test_an_agent_out_of_memory_is_told_and_what_was_played_is_kept(tmp_path, monkeypatch):
    task = toy_task(ToyRetriever())
    run_bench([task], [Hungry()], tmp_path / "whole", num_envs=2)
    monkeypatch.setattr(Hungry, "turns", count(1))
    monkeypatch.setattr(Hungry, "last", 5)
    with pytest.raises(AgentError, match=r"'hungry' raised MemoryError.*a smaller num_envs\."):
        run_bench([task], [Hungry()], tmp_path / "out", num_envs=2)
    monkeypatch.setattr(Hungry, "last", 10**9)
    (again,) = run_bench([task], [Hungry()], tmp_path / "out", num_envs=2)
    assert again.kept > 0 and again.kept + again.played == 12
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def test_a_clock_that_jumps_changes_no_result_and_no_duration(tmp_path, monkeypatch):
    run_bench([WORLD], ["iterative"], tmp_path / "whole")
    jumps, real = count(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + (3600 if next(jumps) % 2 else -3600))
    (outcome,) = run_bench([WORLD], ["iterative"], tmp_path / "out")
    records = read_records(outcome.path).values()
    assert all(0 <= record.latency_s < 60 for record in records)
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def _fields(task):
    return {name: getattr(task, name) for name in task.__dataclass_fields__}


assert len(DOCUMENTS) == 3 and len(QUESTIONS) == 2  # twelve episodes with six seeds
