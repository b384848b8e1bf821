from hopgym.benchmarks.suites import KG, REAL_KG, with_data
from hopgym.envs.datasets import make_questions


def test_the_world_is_played_offline_and_the_real_graphs_from_files():
    assert not any(task.needs_data for task in KG.tasks)
    assert all(task.needs_data for task in REAL_KG.tasks)
    assert {task.env_id for task in (*KG.tasks, *REAL_KG.tasks)} == {"hopgym/KGSubgraph-v0"}


def test_the_files_are_read(shared_data):
    for task in REAL_KG.tasks:
        made = make_questions(with_data(task, shared_data).questions)
        assert task.split in made.splits
