import pytest

from hopgym.benchmarks.suites import RETRIEVAL
from hopgym.envs.datasets import make_questions
from hopgym.retrieval import make_retriever


@pytest.mark.parametrize("task", RETRIEVAL.tasks, ids=lambda task: task.name)
def test_each_retriever_is_made_by_its_name_and_differs_from_the_others(task):
    world = make_questions("world?entities=300&hops=1-4&train=5&dev=5&test=5")
    retriever = make_retriever(task.env_kwargs["retriever"], world.documents)
    assert retriever.search(["Who founded it?"], 3).rows
    assert [other.env_kwargs for other in RETRIEVAL.tasks].count(task.env_kwargs) == 1
