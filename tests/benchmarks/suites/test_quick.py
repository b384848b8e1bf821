from hopgym.benchmarks.suites import QUICK


def test_it_needs_no_data_and_is_small():
    assert not any(task.needs_data for task in QUICK.tasks)
    assert {task.episodes for task in QUICK.tasks} == {300}
    assert {task.name for task in QUICK.tasks} == {"world", "plans", "facts", "documents"}
