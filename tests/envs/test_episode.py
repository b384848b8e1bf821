import pytest
from toy import QUESTIONS, begin, play

from hopgym.core import Score, Span
from hopgym.errors import ConfigError, EpisodeError, RewardError


def test_a_step_is_recorded_scored_and_told():
    episode = begin()
    result = play(episode, "hello")
    assert result.observation == "hello!" and result.reward == 0.5
    assert result.info["reward_terms"] == {"outcome": 0.5} and result.info["new_text"] == "!"
    assert episode.trajectory().steps[0].reward_terms == {"outcome": 0.5}
    assert "answers" not in result.info


def test_the_gold_is_told_at_the_end():
    info = play(begin(), "end").info
    assert info["answers"] == QUESTIONS[0].answers and info["prediction"] == "end"
    assert info["trajectory"].seed == 3


def test_why_the_reward_was_paid_is_told_at_the_end_and_not_before():
    episode = begin(lambda question, trajectory: Score(0.0, reason="it is Ada"))
    assert "reward_reason" not in play(episode, "hello").info
    assert play(episode, "end").info["reward_reason"] == "it is Ada"
    assert play(begin(), "end").info["reward_reason"] is None


def test_spans_join_when_the_author_stays():
    episode = begin()
    episode.write("a", "env")
    episode.write("", "agent")
    episode.write("b", "env")
    episode.write_turn("\n", "act", "reply")
    assert episode.text == "ab\nactreply"
    assert episode.spans == (Span(0, 3, "env"), Span(3, 6, "agent"), Span(6, 11, "env"))


def test_an_unscored_step_raises_and_is_no_zero():
    episode = begin(lambda question, trajectory: Score(0.0, reason="judge away", unscored=True))
    message = (
        r"lambda> left step 1 of question 'q1' unscored: judge away\. Nothing has moved: the same "
        "action may be taken again"
    )
    with pytest.raises(RewardError, match=message):
        play(episode, "hello")
    episode = begin(lambda question, trajectory: Score(0.0, unscored=True))
    with pytest.raises(RewardError, match=r"unscored: it gave no reason\. Nothing has moved"):
        play(episode, "hello")


def test_nothing_is_taken_after_the_end():
    episode = begin()
    play(episode, "end")
    with pytest.raises(EpisodeError, match=r"The episode is over \(answered\)"):
        episode.act("more")


def test_a_reward_must_return_a_score_whose_terms_add_up():
    with pytest.raises(
        ConfigError, match=r"lambda> returned a float; return a Score\(value, terms\)"
    ):
        play(begin(lambda question, trajectory: 1.0), "a")
    message = r"The terms .* of the reward .*lambda> do not add up to its value, 1\.0"
    with pytest.raises(ConfigError, match=message):
        play(begin(lambda question, trajectory: Score(1.0, {"a": 0.5})), "a")
    plain = play(begin(lambda question, trajectory: Score(1.0)), "a")
    assert plain.reward == 1.0 and plain.info["reward_terms"] == {"reward": 1.0}


def test_a_score_of_no_number_is_refused_by_the_rewards_name():
    for score in (Score("1"), Score(1.0, {"a": "x"}), Score(1.0, ["a"])):
        with pytest.raises(ConfigError, match=r"lambda> returned Score.*must be a number"):
            play(begin(lambda question, trajectory, score=score: score), "a")
    with pytest.raises(
        RewardError, match="lambda> gave step 1 of question 'q1' nan, which is no finite"
    ):
        play(begin(lambda question, trajectory: Score(float("nan"))), "a")


def test_a_reward_that_raises_is_named_with_its_line():
    def short(question, trajectory):
        return Score(1 / 0)

    with pytest.raises(RewardError, match=r"short raised ZeroDivisionError: .*\(line \d+ of ") as e:
        play(begin(short), "a")
    assert isinstance(e.value.__cause__, ZeroDivisionError)


def test_our_own_errors_pass_a_reward_unchanged():
    def away(question, trajectory):
        raise RewardError("The judge is away.")

    with pytest.raises(RewardError, match=r"^The judge is away\.$"):
        play(begin(away), "a")
