from playing import DAG, em_by, kinds, mean_em, moves, plans, play
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.iterative import MOST_PARTS, conclude, think
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


def test_where_it_may_plan_once_it_asks_every_source_for_the_first_part():
    for episode in play("iterative", env=DAG, limit=20):
        (nodes,) = plans(episode)
        assert kinds(episode) == ["plan", "answer"]
        assert [tool for _, _, tool in nodes] == ["General", "News", "Academy"]
        assert len({query for _, query, _ in nodes}) == 1


def test_where_it_may_plan_again_it_goes_on_hop_by_hop():
    once, often = (play("iterative", env=DAG, max_plans=n) for n in (1, 7))
    assert mean_em(often) > 0.8 > 0.5 > mean_em(once)
    longest = max(often, key=lambda episode: len(episode.trajectory.steps))
    asked = [nodes[0][1] for nodes in plans(longest)]
    assert len(set(asked)) == len(asked) > 3


def test_queries_that_had_to_be_cut_are_not_asked_again():
    for episode in play("iterative", env=DAG, limit=40, max_plans=7, max_query_words=4):
        asked = [nodes[0][1] for nodes in plans(episode)]
        assert len(set(asked)) == len(asked)


def test_a_question_that_can_be_answered_at_once_is_planned_all_the_same():
    view = {"question_id": "q", "question": "?", "grammar": "dag", "turn": 1, "remaining": 2,
            "phase": "plan", "tools": ("General",), "max_nodes": 8, "max_query_words": 10}  # fmt: skip
    (action,) = make_agent("iterative").act([""], [view])
    assert "A: unknown (General)" in action


def test_concluding_asks_for_nothing():
    assert conclude("Who was the mentor of the director of Vel?", []).query == ""
    documents = [("Vel", "The director of Vel is Ada Orm.")]
    for question in ("Who directed Vel?", "Which is older, Vel or Orm?", "Is Vel a film?", ""):
        thought = conclude(question, documents)
        assert thought.query == "" and isinstance(thought.answer, str)
