import pytest
from rewards_episodes import episode, query, unreadable
from toy import toy_kwargs

from hopgym.envs.search_read import SearchReadEnv
from hopgym.rewards.format import format_adherence, readable

FORM = "Step {k}:\nThe problem analysis: I look.\nThe retrieval query: film"


def test_the_last_action_counts():
    assert readable(episode(unreadable(), query("q")))
    assert not readable(episode(query("q"), unreadable()))


def test_adherence_is_a_share_of_all_actions():
    assert format_adherence(episode(query("q"), unreadable(), query("r"), query("s"))) == 0.75
    assert format_adherence(episode()) == 0.0


def adherence(*actions, **changes):
    """What an environment reports after these actions and an answer in due form."""
    env = SearchReadEnv(**toy_kwargs(format_retries=9, **changes))
    _, info = env.reset(options={"question_id": "q1"})
    for action in actions:
        info = env.step(action)[-1]
    answer = f"Step {info['turn']}:\nThe problem analysis: Known.\nThe final answer: Tessa"
    return env.step(answer)[-1]["metrics"]["format_adherence"]


@pytest.mark.parametrize(
    "action",
    [
        FORM.format(k=1),
        "  Step 1: The problem analysis: I look.   The retrieval query: film \n",  # blanks are free
        "Step 1:\nThe problem analysis: I look.\nAnd think.\nThe retrieval query: film",
    ],
)
def test_the_exact_form_counts(action):
    assert adherence(action) == 1.0


@pytest.mark.parametrize(
    "action",
    [
        "",
        "The problem analysis: I look.\nThe retrieval query: film",
        "Well. " + FORM.format(k=1),
        FORM.format(k=2),
        FORM.format(k="01"),
        FORM.format(k="\u0661"),
        FORM.format(k=1).replace("Step", "step"),
        FORM.format(k=1).replace("The problem analysis", "Analysis"),
        FORM.format(k=1).replace("The retrieval query", "The query"),
        FORM.format(k=1).replace("The problem analysis: I look.\n", ""),
        FORM.format(k=1).replace(" I look.", ""),
        FORM.format(k=1).replace(" film", ""),
        FORM.format(k=1) + "\nThe final answer: Tessa",
        FORM.format(k=1) + "\nThe retrieval query: town",
        FORM.format(k=1) + "\nand more",
        FORM.format(k=1) + "\nThe retrieval documents:\nVel | Tessa",
        FORM.format(k=1) + "\n" + FORM.format(k=2),
    ],
)
def test_any_other_form_does_not(action):
    assert adherence(action) == 0.5  # the answer's step is in order


def test_a_query_where_none_is_taken_does_not():
    forced = {"max_steps": 1, "force_answer": True}
    assert adherence(FORM.format(k=1), FORM.format(k=2), **forced) == pytest.approx(2 / 3)


def test_other_grammars_have_their_own_form():
    env = SearchReadEnv(**toy_kwargs(grammar="search_r1"))
    env.reset(options={"question_id": "q1"})
    env.step("<search>film")
    *_, info = env.step("<answer>Tessa</answer>")
    assert info["metrics"]["format_adherence"] == 0.5
