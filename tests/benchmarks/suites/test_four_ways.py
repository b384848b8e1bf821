from hopgym.benchmarks.suites import FOUR_WAYS


def test_one_set_of_questions_is_played_four_ways():
    assert {task.questions for task in FOUR_WAYS.tasks} == {"world?hops=2"}
    assert len({task.env_id for task in FOUR_WAYS.tasks}) == 4
    assert {"ppr", "planner", "iterative", "tiny"} <= set(FOUR_WAYS.agents)
