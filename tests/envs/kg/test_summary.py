from hopgym.envs.kg.summary import Summary, Told


def test_means_are_over_the_questions_that_have_paths():
    summary = Summary()
    assert summary.mean_positives == 0
    summary.add(Told(9, 4, 4, 2, 2, True, True))
    summary.add(Told(9, 4, 2, 2, 1, True, True))
    summary.add(Told(9, 4, 0, 0, 0, False, False))
    assert (summary.questions, summary.with_paths, summary.facts) == (3, 2, 12)
    assert summary.mean_positives == 3 and summary.recall == 0.75
    assert summary.hops == {1: 1, 2: 1}
    assert (summary.without_topic, summary.without_answer) == (1, 1)
