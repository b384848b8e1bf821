from playing import em_by, mean_em, moves, play
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.iterative import MOST_PARTS, think
from hopgym.agents.rollout import Job, rollout


def test_it_follows_the_hops_of_a_chain():
    chain = play("iterative", "world?entities=300&hops=3&kinds=chain&paraphrase=0&dev=20", limit=20)
    assert mean_em(chain) > 0.7
    longest = max(chain, key=lambda episode: len(episode.trajectory.steps))
    asked = [text for kind, text in moves(longest) if kind == "query"]
    assert len(asked) >= 3 and len(set(asked)) == len(asked)


def test_it_beats_single_shot_by_twenty_points_on_two_hops_and_more():
    multi = lambda q: len(q.hops) > 1  # noqa: E731
    iterative = em_by(play("iterative"), multi)[True]
    single = em_by(play("single_shot"), multi)[True]
    assert iterative >= single + 0.2


def test_it_answers_when_no_turn_is_left():
    for episode in play("iterative", limit=20, max_steps=1):
        assert [kind for kind, _ in moves(episode)] == ["answer"]


def test_how_many_play_at_once_changes_nothing():
    one, many = (play("iterative", limit=12, num_envs=n) for n in (1, 5))
    assert [e.trajectory for e in one] == [e.trajectory for e in many]


def test_it_plays_the_other_grammar():
    assert mean_em(play("iterative", limit=40, grammar="search_r1")) > 0.4


def test_thinking_needs_no_state():
    documents = [
        ("Vel", "The director of Vel is Ada Orm."),
        ("Ada Orm", "The mentor of Ada Orm was Bo."),
    ]
    question = "Who was the mentor of the director of Vel?"
    assert think(question, [], [], 5).query == "director of Vel"
    assert think(question, documents[:1], ["director of Vel"], 4).query == "mentor of Ada Orm"
    assert think(question, documents, [], 3).answer == "Bo"


def test_a_question_that_answers_itself_forever_ends():
    loop = [("Vel", "The mentor of Vel is the mentor of Vel. The mentor of Vel is Vel Vel.")]
    thought = think("Who is the mentor of the mentor of Vel?", loop, [], MOST_PARTS)
    assert thought.query or thought.answer is not None


def test_it_plays_questions_of_other_making():
    (episode,) = rollout(
        "hopgym/SearchRead-v0", make_agent("iterative"), [Job("q2")], env_kwargs=toy_kwargs()
    )
    assert episode.trajectory.outcome == "answered" and episode.metrics["em"] == 1.0


def test_hostile_text_neither_stops_nor_slows_it():
    hostile = [
        "the " * 2_000, "A " * 4_000, "the a " * 2_000 + "Vel", "The A and the " * 800,
        "the oldest of " + "A, " * 3_000, "9" * 8_000, "Is " * 3_000 + "?", "(" * 8_000, "\u0660" * 50,
    ]  # fmt: skip
    for text in hostile:
        for question in (text, f"Who was the mentor of {text}?", f"Which is older, A or {text}?"):
            think(question, [("Vel", text), (text, text)], [text], 3)
