import pytest

from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.results import read_records
from hopgym.benchmarks.suites import Task

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def played(folder, name, env_id, agents, **kwargs):
    task = Task(name=name, env_id=f"hopgym/{env_id}-v0", questions=WORLD, env_kwargs=kwargs)
    return [outcome.path for outcome in run_bench([task], agents, folder)]


@pytest.fixture(scope="session")
def text_results(tmp_path_factory):
    """Three environments in text, by the oracle and by one who often fails."""
    folder = tmp_path_factory.mktemp("text")
    played(folder, "read", "SearchRead", ["oracle", "single_shot"])
    played(folder, "plan", "DagSearch", ["oracle"])
    played(folder, "rag", "RAG", ["oracle"], top_k=1)
    return folder


@pytest.fixture(scope="session")
def array_results(tmp_path_factory):
    """Facts that are selected from padded arrays, one by one and at once."""
    folder = tmp_path_factory.mktemp("arrays")
    steps = {"observation": "padded", "mode": "sequential", "top_k": 16}
    played(folder, "steps", "KGSubgraph", ["oracle", "random"], **steps)
    played(folder, "once", "KGSubgraph", ["oracle"], observation="padded", top_k=16)
    return folder


@pytest.fixture
def records_of():
    """Reads the results whose file's name begins so."""

    def read(folder, begins):
        (path,) = folder.glob(f"{begins}*.jsonl")
        return list(read_records(path).values())

    return read
