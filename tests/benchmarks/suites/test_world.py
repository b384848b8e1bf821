from urllib.parse import parse_qs

from hopgym.benchmarks.suites import HOPS, MISSING, NOISE


def dials(suite):
    return [parse_qs(task.questions.partition("?")[2]) for task in suite.tasks]


def test_each_suite_turns_its_own_dial():
    assert [each["hops"] for each in dials(HOPS)] == [[str(n)] for n in range(1, 7)]
    assert [each["missing"] for each in dials(MISSING)] == [["0"], ["0.1"], ["0.3"], ["0.5"]]
    assert {each["hops"][0] for each in dials(NOISE)} == {"2-3"}
    noise = [(each["distractors"][0], each["paraphrase"][0]) for each in dials(NOISE)]
    assert len(set(noise)) == len(noise) and noise[0] == ("0", "0")


def test_every_task_has_turns_enough_for_six_hops():
    assert {task.env_kwargs["max_steps"] for task in (*HOPS.tasks, *NOISE.tasks)} == {8}
