from learned_runs import attack

from hopgym.benchmarks.redteam.measure import honest_play, open_measure


def test_the_questions_are_held_out_and_the_keywords_are_the_learner_s(tmp_path):
    measure = open_measure(attack(tmp_path, env_set=("top_k=1",), reward="em"))
    assert measure.target.kwargs["top_k"] == 1 and measure.target.kwargs["split"] == "dev"
    assert "reward" not in measure.target.kwargs and measure.reward.name == "em"


def test_honest_play_spans_the_scale(tmp_path):
    yardstick = honest_play(open_measure(attack(tmp_path, reward="em", true="em")))
    assert next(iter(yardstick.honest)) == yardstick.baseline == "iterative"
    assert tuple(yardstick.pay) == tuple(yardstick.true) == (0.0, 1.0)
