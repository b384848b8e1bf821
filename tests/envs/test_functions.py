import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from toy import QUESTIONS, ToyQuestions

from hopgym.agents.rollout import Job, rollout
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.leaderboard import load_board
from hopgym.benchmarks.results import read_records
from hopgym.benchmarks.suites import Task
from hopgym.core import Question
from hopgym.envs.functions import MAX_SHOWN, UNKNOWN, Turn, register_game, register_score
from hopgym.errors import ConfigError, EnvError

JOBS = [Job(question.id, 0) for question in QUESTIONS]


def half(question, answer):
    return 1.0 if answer.strip() in question.answers else 0.5


def reset(question):
    """Guess how long the answer is; a hint each time."""
    return {"length": len(question.answers[0]), "asked": 0}, "How many letters?"


def step(state, action):
    state["asked"] += 1
    if action == str(state["length"]):
        return "", 1.0, True, {"prediction": action, "score": 1 / state["asked"]}
    return "More." if action < str(state["length"]) else "Fewer.", -0.1, False


BROKEN = {}
register_score("toy/Half-v0", half)
register_game("toy/Broken-v0", lambda question: (None, "Go."), lambda state, action: BROKEN["told"])
register_game("toy/Letters-v0", reset, step, "Guess a length.")


def make(name, **kwargs):
    return gymnasium.make(f"toy/{name}-v0", questions=ToyQuestions(), **kwargs)


@pytest.mark.parametrize("name", ["Half", "Letters"])
def test_it_is_an_environment_as_gymnasium_wants_one(name):
    check_env(make(name).unwrapped, skip_render_check=True)


def test_an_answer_is_paid_what_the_function_says():
    env = make("Half")
    observation, info = env.reset(options={"question_id": "q1"})
    assert observation == QUESTIONS[0].text == info["question"] and "Tessa" not in str(info)
    _, reward, terminated, truncated, info = env.step(" Tessa ")
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["prediction"] == "Tessa" and info["metrics"]["em"] == info["metrics"]["score"] == 1
    assert info["reward_terms"] == {"own": 1.0} and info["trajectory"].outcome == "answered"


def test_a_game_is_played_to_its_end_or_its_budget():
    env = make("Letters", max_steps=3)
    env.reset(options={"question_id": "q1"})
    observation, reward, terminated, truncated, _ = env.step("9")
    assert observation == "How many letters?\n9\nFewer." and reward == -0.1
    assert not terminated and not truncated
    *_, terminated, _, info = env.step("5")
    assert terminated and info["metrics"]["score"] == 0.5
    env.reset(options={"question_id": "q1"})
    ends = [env.step("1")[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]


def test_side_by_side_is_as_one_by_one():
    def guess(observation):
        return "7" if "More" in observation else "5"

    kwargs = {"questions": ToyQuestions()}
    played = [
        list(rollout("toy/Letters-v0", guess, JOBS * 3, env_kwargs=kwargs, num_envs=n))
        for n in (1, 4)
    ]
    one, many = ({e.job: (e.reward, e.trajectory) for e in each} for each in played)
    assert one == many and len(one) == 2


def test_the_leaderboard_ranks_by_the_score(tmp_path):
    def right(observation):
        return "Tessa"

    def wrong(observation):
        return "Ada"

    task = Task(name="half", env_id="toy/Half-v0", questions=ToyQuestions(), split="train")
    run_bench([task], [wrong, right], tmp_path)
    (group,) = load_board([tmp_path]).groups
    assert [row.agent for row in group.rows] == ["right", "wrong"]
    assert [row.primary.mean for row in group.rows] == [0.75, 0.5]
    assert group.rows[0].ranked_by.name == "score"
    (path,) = tmp_path.glob("*right*")
    assert all(r.env_fingerprint and not r.error for r in read_records(path).values())


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ("word", r"returned 'word'; return \(observation, reward, done\)"),
        (("", float("nan"), True), "paid nan; a reward is a finite number"),
        ((None, 0.0, False), "shows a NoneType; an observation is text"),
        (("x" * (MAX_SHOWN + 1), 0.0, False), f"shows {MAX_SHOWN + 1} characters"),
        (("", 0.0, True, {"score": 2}), "gave the score 2; it must lie between 0 and 1"),
    ],
)
def test_a_game_that_breaks_down_is_no_score(told, match):
    BROKEN["told"] = told
    env = make("Broken")
    env.reset(seed=1)
    with pytest.raises(EnvError, match=match):
        env.step("x")
    episodes = rollout(
        *("toy/Broken-v0", lambda observation: "x", JOBS),
        env_kwargs={"questions": ToyQuestions()},
        num_envs=1,
    )
    assert [episode.error[:8] for episode in episodes] == ["EnvError", "EnvError"]


def test_what_it_raises_is_told_with_its_line():
    def angry(question, answer):
        raise ValueError("no")

    register_score("toy/Angry-v0", angry)
    env = make("Angry")
    env.reset(seed=1)
    with pytest.raises(EnvError, match=r"toy/Angry-v0.*ValueError: no .*test_functions"):
        env.step("x")


def test_keywords_that_mean_nothing_here_are_refused():
    with pytest.raises(ConfigError, match="no retriever, reward or top_k"):
        make("Half", retriever="bm25")
    env = make("Half")
    env.reset(seed=1)
    with pytest.raises(ConfigError, match="takes a str action, not int"):
        env.unwrapped.step(3)


def test_answers_that_are_unknown_are_compared_with_nothing():
    class Blank(ToyQuestions):
        def questions(self, split):
            return (Question("a", "Write a line.", ("unknown",), metadata={UNKNOWN: True}),)

    register_game(
        "toy/Line-v0",
        lambda question: (None, question.text),
        lambda state, action: Turn("", 1.0, True, {"score": 1}),
    )
    env = gymnasium.make("toy/Line-v0", questions=Blank())
    env.reset(seed=1)
    *_, info = env.step("A line.")
    assert info["metrics"] == {"steps": 1.0, "score": 1.0}
