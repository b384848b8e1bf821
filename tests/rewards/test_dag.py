import pickle
from dataclasses import replace

import pytest
from dag_episodes import (
    CONSTANT,
    GOOD,
    QUESTION,
    EmJudge,
    answer,
    answered,
    episode,
    plan,
    refused,
)
from hypothesis import given
from hypothesis import strategies as st
from toy import toy_kwargs

from hopgym.core import Question
from hopgym.envs.dag_search import DagSearchEnv
from hopgym.envs.grammars import ParseError
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.rewards import make_reward
from hopgym.rewards.base import ask_many, at_step, score_episode, weights_of
from hopgym.rewards.composite import Composite
from hopgym.rewards.dag import CURRICULUM, FINAL, TERMS, DagReward, dag_original
from hopgym.rewards.judges import Verdict
from hopgym.rewards.plans import GRAPH_ERRORS

RIGHT = answered("Tessa")
LISTED = [
    "no_nodes",
    "too_many_nodes",
    "bad_node",
    "duplicate_label",
    "unknown_tool",
    "unknown_label",
    "self_loop",
    "cycle",
    "query_too_long",
    "empty_query",
]
"""The codes that keep the format term, written down here once more."""


def reward(**options):
    return DagReward(**{"judge": EmJudge(), **options})


def parts(score):
    """What each term earned before it was weighed, at the final weights."""
    return tuple(score.terms[name] / weight for name, weight in zip(TERMS, FINAL, strict=True))


def test_a_right_answer_to_a_good_plan_earns_everything_at_the_end():
    first, last = score_episode(reward(), QUESTION, RIGHT)
    assert (first.value, dict(first.terms)) == (0.0, {"semantic": 0.0, "dag": 0.0, "format": 0.0})
    assert (last.value, dict(last.terms)) == (1.0, {"semantic": 0.5, "dag": 0.25, "format": 0.25})
    assert last.reason == "by exact match"


@pytest.mark.parametrize(
    ("step", "expected"),
    [(None, FINAL), (0, CURRICULUM), (29, CURRICULUM), (30, FINAL), (10_000, FINAL)],
)
def test_the_curriculum_ends_at_its_step(step, expected):
    for scheduled in (reward().at(step), reward(step=step), at_step(reward(), step)):
        assert tuple(scheduled.weights.values()) == expected
        assert tuple(scheduled(QUESTION, RIGHT).terms.values()) == pytest.approx(expected)
        assert weights_of(scheduled) == dict(zip(TERMS, expected, strict=True))


def test_another_step_is_the_same_reward_with_the_same_judge():
    original = reward(curriculum_steps=5, no_echo=False)
    moved = original.at(4)
    assert moved.judge is original.judge and not moved.no_echo and original.step is None
    assert moved.weights["dag"] == 0.4 and moved.at(5).weights["dag"] == 0.25
    assert reward(curriculum_steps=0).at(0).weights["semantic"] == 0.5


def test_weights_of_ones_own():
    own = reward(weights=(1, 0, 0), curriculum_weights=[0.0, 0.5, 0.5])
    assert own(QUESTION, RIGHT).value == 1.0
    assert own.at(1)(QUESTION, answered("Ull")).terms == {"semantic": 0, "dag": 0.5, "format": 0.5}


@pytest.mark.parametrize("code", [code.value for code in ParseError])
@pytest.mark.parametrize(("step", "weight"), [(None, 0.25), (0, 0.40)])
@pytest.mark.parametrize("before", [0, 1], ids=["in the plan's turn", "after a plan"])
def test_a_refused_action_earns_the_format_term_if_its_graph_alone_was_wrong(
    code, step, weight, before
):
    judge = EmJudge()
    played = episode(*[plan()] * before, refused(code, "<answer>Tessa</answer>"))
    score = reward(judge=judge, step=step)(QUESTION, played)
    kept = weight if code in LISTED else 0.0
    assert (score.value, score.terms["format"], score.terms["dag"]) == (kept, kept, 0.0)
    assert judge.batches == []  # nobody is asked about it


def test_the_listed_codes_are_the_ones():
    assert frozenset(LISTED) == GRAPH_ERRORS


def test_a_wrong_answer_keeps_the_plan_and_the_format_as_published():
    assert reward()(QUESTION, answered("Ull")).value == 0.5
    assert reward(step=0)(QUESTION, answered("Ull")).value == pytest.approx(0.8)


CLOSED = [
    ("real_answer", answered("x"), (0, 0, 1)),
    ("real_answer", answered("I don't know."), (0, 0, 1)),
    ("no_echo", answered("the director of Vel"), (0, 0, 1)),
    ("new_documents", answered("Tessa", found={"A": ("d1",)}), (1, 0, 1)),
    ("new_documents", answered("Ull", found={}), (0, 0, 1)),
    ("new_documents", episode(plan(), plan(known=("dA", "dB")), answer("Tessa")), (1, 0, 1)),
    ("grounded", answered("Tessa", CONSTANT), (1, 0, 1)),
    ("grounded", answered("Ull", CONSTANT), (0, 0, 1)),
]


@pytest.mark.parametrize(("closure", "played", "earned"), CLOSED)
def test_what_each_closure_takes_and_gives_back_when_it_is_off(closure, played, earned):
    judge = EmJudge()
    assert parts(reward(judge=judge)(QUESTION, played)) == earned
    assert bool(judge.batches) == (earned[0] or closure in ("new_documents", "grounded"))
    off = parts(reward(**{closure: False})(QUESTION, played))
    assert off == (earned[0], 1, 1)


NOTHING = "semantic 0, dag 0: "
IDLE = {"A": ("d1",)}
WHY = [
    (RIGHT, ()),
    (episode(plan()), ()),  # it goes on
    (answered("x"), (f"{NOTHING}the answer says nothing",)),
    (answered("the director of Vel"), (f"{NOTHING}the answer is copied from the question",)),
    (answered("Ull", found=IDLE), ("dag 0: node B found nothing new",)),
    (
        answered("Ull", CONSTANT, found={}),
        ("dag 0: no search of the first plan is about the question, node A found nothing new",),
    ),
    (episode(refused("cycle")), (f"{NOTHING}step 1 was refused (cycle)",)),
    (
        episode(refused("cycle"), plan(), answer("Ull")),
        ("dag 0: step 1 was refused (cycle)",),
    ),
    (
        episode(plan(), refused("order")),
        ("format 0: step 2 was refused (order)", f"{NOTHING}no answer followed"),
    ),
    (
        replace(episode(plan()), outcome="out_of_steps"),
        ("format 0: the turns ran out before the answer", f"{NOTHING}no answer followed"),
    ),
]


@pytest.mark.parametrize(("played", "why"), WHY)
def test_what_was_lost_is_told_with_its_reason(played, why):
    judge = EmJudge()
    assert reward(judge=judge).why(QUESTION, played) == why
    assert judge.batches == []
    score = reward()(QUESTION, played)
    judged = ("by exact match",) if reward().read(QUESTION, played).answer else ()
    assert score.reason == ("; ".join((*judged, *why)) or None)
    # What is told to be lost is, and nothing else but what the judge took.
    told = [term for term in TERMS if f"{term} 0" in " ".join(why)]
    if played.outcome != "running":
        lost = {term for term, value in score.terms.items() if not value}
        assert set(told) <= lost <= {*told, "semantic"}


def test_what_all_text_lost_is_told_too():
    empty = episode(refused("no_search", "Tessa"))
    assert dag_original(judge=EmJudge()).why(QUESTION, empty) == (
        "format 0: the text lacks a section",
        f"{NOTHING}the text holds no valid plan",
    )


def test_the_environment_tells_why_when_all_is_over_and_not_before():
    """A judge may quote the gold, so nothing of it may reach an agent that still plays."""
    env = DagSearchEnv(**toy_kwargs(judge=EmJudge(), reward="dag?grounded=false"))
    _, info = env.reset(seed=0, options={"question_id": "q1"})
    assert "reward_reason" not in info
    searches = (
        "<search>Nodes: A: who directed Vel (General); B: zzz (General)\nEdges: A -> B</search>"
    )
    info = env.step(f"<think>a</think>{searches}")[-1]
    assert info["parse_error"] is None and "reward_reason" not in info
    info = env.step("<answer>Ull</answer>")[-1]
    assert info["reward_reason"] == "by exact match; dag 0: node B found nothing new"
    assert info["reward_terms"]["dag"] == 0.0


def test_weights_by_name():
    by_name = reward(weights={"format": 0.25, "semantic": 0.75, "dag": 0})
    assert by_name.weights == {"semantic": 0.75, "dag": 0.0, "format": 0.25}
    written = make_reward('dag?weights={"semantic":1,"dag":0,"format":0}&judge=rule')
    assert tuple(written.weights.values()) == (1.0, 0.0, 0.0)


def test_without_own_words_all_text_is_read():
    forged = "<think>a</think><search>A: x (News)</search><result></result><answer>Tessa</answer>"
    played = episode(refused("result_in_plan", forged))
    assert parts(reward()(QUESTION, played)) == (0, 0, 0)
    # What is left of it without the other closures, and with them: nothing was ever found.
    assert parts(dag_original(judge=EmJudge())(QUESTION, played)) == (1, 1, 1)
    assert parts(reward(own_words=False)(QUESTION, played)) == (1, 0, 1)
    letter = episode(refused("result_in_plan", forged.replace("Tessa", "x")))
    assert parts(reward(own_words=False)(QUESTION, letter)) == (0, 0, 1)


def test_the_original_is_all_closures_off():
    original = make_reward("dag_original?judge=rule&curriculum_steps=3")
    switches = (original.real_answer, original.new_documents, original.no_echo)
    assert not any((*switches, original.grounded, original.own_words))
    assert original.curriculum_steps == 3
    assert parts(dag_original(judge=EmJudge())(QUESTION, answered("x", CONSTANT))) == (0, 1, 1)
    assert dag_original(judge=EmJudge())(QUESTION, episode(refused("cycle"))).value == 0.0


def test_forgiven_refusals_cost_their_term_and_no_more():
    cyclic = episode(refused("cycle"), plan(), answer("Tessa"))
    assert parts(reward()(QUESTION, cyclic)) == (1, 0, 1)
    unclosed = episode(refused("unclosed_tag"), plan(), answer("Tessa"))
    assert parts(reward()(QUESTION, unclosed)) == (1, 1, 0)
    waiting = replace(episode(refused("cycle")), outcome="running")
    assert reward()(QUESTION, waiting).value == 0.0


def test_an_episode_that_ran_out_of_turns_earns_nothing():
    played = replace(episode(plan()), outcome="out_of_steps")
    assert reward()(QUESTION, played).value == 0.0


def test_an_answer_without_a_plan_is_not_judged():
    judge = EmJudge()
    assert parts(reward(judge=judge)(QUESTION, episode(answer("Tessa")))) == (0, 0, 1)
    assert judge.batches == []


def test_an_unscored_answer_is_unscored_and_never_zero():
    scores = reward(judge=EmJudge(unscored=("Ull",))).many(
        [(QUESTION, answered("Ull")), (QUESTION, RIGHT), (QUESTION, answered("x"))]
    )
    assert [score.unscored for score in scores] == [True, False, False]
    assert scores[0].reason == "out of reach" and scores[1].value == 1.0


def test_a_batch_asks_the_judge_once_and_scores_as_alone():
    items = [
        (QUESTION, episode(plan())),
        (QUESTION, RIGHT),
        (QUESTION, episode(refused("cycle"))),
        (QUESTION, answered("Ull")),
        (QUESTION, answered("x")),
    ]
    judge = EmJudge()
    scores = ask_many(reward(judge=judge), items)
    assert scores == [reward()(*item) for item in items]
    [(method, claims)] = judge.batches
    assert method == "semantic" and [claim.answer for claim in claims] == ["Tessa", "Ull"]
    assert claims[0].golds == QUESTION.answers and claims[0].question == QUESTION.text
    assert reward().many([]) == []


def test_a_composite_moves_it_to_a_training_step():
    both = Composite({"dag": reward()}).at(0)
    assert both(QUESTION, RIGHT).terms["dag/format"] == 0.4


@pytest.mark.parametrize(
    ("type", "metadata", "expected"),
    [
        ("multi", {}, "multi"),
        ("", {"type": "cause"}, "cause"),
        ("chain", {"type": "Multi"}, "multi"),
        ("chain", {"type": 3}, "fact"),
        ("", {}, "fact"),
    ],
)
def test_the_judge_hears_what_kind_of_answer_is_asked_for(type, metadata, expected):
    judge = EmJudge()
    question = Question("q", QUESTION.text, ("Tessa",), type=type, metadata=metadata)
    reward(judge=judge)(question, RIGHT)
    assert judge.batches[0][1][0].type == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": (1, 2)}, r"weights is \(1, 2\); it must be three numbers from 0"),
        ({"weights": (0, 0, 0.0)}, r"weights is \(0, 0, 0.0\); .* one of them above"),
        ({"weights": {"semantic": 1}}, "by these names"),
        ({"weights": {"semantic": 1, "dag": 0, "formt": 0}}, "semantic, dag, format, in that"),
        ({"curriculum_weights": {"semantic": "1", "dag": 0, "format": 0}}, "must be three numb"),
        ({"weights": "abc"}, "weights is 'abc'; it must be three numbers"),
        ({"weights": (1, 2, float("nan"))}, "must be three numbers"),
        ({"weights": (1, 2, True)}, "must be three numbers"),
        ({"curriculum_weights": (0.5, -0.1, 0)}, "curriculum_weights is .* for semantic, dag"),
        ({"curriculum_weights": 3}, "curriculum_weights is 3"),
        ({"curriculum_steps": -1}, "curriculum_steps is -1; it must be a whole number from 0"),
        ({"curriculum_steps": 2.5}, "curriculum_steps is 2.5"),
        ({"curriculum_steps": True}, "curriculum_steps is True"),
        ({"step": -3}, "step is -3"),
        ({"own_words": "no"}, "own_words is 'no'; it may be True or False"),
        ({"judge": 7}, "7 is no judge"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(ConfigError, match=message):
        reward(**options)


def test_options_in_a_name():
    made = make_reward("dag?judge=rule&curriculum_steps=10&no_echo=false&weights=[1,0,0]")
    assert (made.curriculum_steps, made.no_echo, made.weights["semantic"]) == (10, False, 1.0)
    with pytest.raises(ConfigError, match=r"has no option 'curriculum'\. Did you mean 'curric"):
        make_reward("dag?curriculum=10")
    with pytest.raises(UnknownNameError, match="Did you mean 'rule'"):
        make_reward("dag?judge=rul")
    with pytest.raises(ConfigError, match=r'in quotes: judge="rule\?strict=false&without=echo"'):
        make_reward("dag?judge=rule?strict=false&without=echo")
    assert not make_reward('dag?judge="rule?strict=false&without=other"').judge.strict
    with pytest.raises(ConfigError, match="step is -1"):
        reward().at(-1)


def test_an_option_is_given_once():
    assert make_reward("dag?curriculum_steps=10", curriculum_steps=10).curriculum_steps == 10
    with pytest.raises(
        ConfigError,
        match=r"option 'curriculum_steps' is given twice: 10 in 'dag\?curriculum_steps=10', and 20",
    ):
        make_reward("dag?curriculum_steps=10", curriculum_steps=20)
    with pytest.raises(ConfigError, match=r"'judge' is given twice: 'rule' in .*EmJudge object"):
        make_reward("dag?judge=rule", judge=EmJudge())


@pytest.mark.parametrize(
    ("verdicts", "message"),
    [
        ([], "gave 0 verdicts for 1 claims"),
        ([Verdict(1.5)], "from 0 to 1"),
        ([0.5], "gave a float; `semantic` must return Verdicts"),
    ],
)
def test_a_judge_that_breaks_its_contract_is_named(verdicts, message):
    judge = EmJudge()
    judge.semantic = lambda claims: verdicts
    with pytest.raises(ConfigError, match=f"The judge 'em' .*{message}"):
        reward(judge=judge)(QUESTION, RIGHT)


def test_it_can_be_sent_to_another_process():
    sent = pickle.loads(pickle.dumps(make_reward("dag?curriculum_steps=3").at(2)))
    assert sent.weights["dag"] == 0.4 and sent(QUESTION, RIGHT).value == pytest.approx(1.0)


STEPS = st.one_of(
    st.builds(
        plan,
        st.sampled_from([GOOD, CONSTANT]),
        st.sampled_from([None, {}, {"A": ("d1",)}, {"A": ("d1",), "B": ("d2",)}]),
    ),
    st.builds(
        refused, st.sampled_from(list(ParseError)), st.text(alphabet="<>/a:(\n", max_size=40)
    ),
)
LAST = st.one_of(STEPS, st.builds(answer, st.sampled_from(["Tessa", "Ull", "x", "", "Vel", "?"])))


@given(st.lists(STEPS, max_size=3), LAST, st.sampled_from([None, 0, 29, 30]), st.booleans())
def test_no_episode_leaves_the_bounds_and_terms_add_up(before, last, step, original):
    make = dag_original if original else DagReward
    for score in score_episode(make(judge="rule", step=step), QUESTION, episode(*before, last)):
        assert 0.0 <= score.value <= 1.0 + 1e-9
        assert score.value == pytest.approx(sum(score.terms.values()))
        assert tuple(score.terms) == TERMS


def test_the_rule_judge_tells_right_from_wrong():
    rule = make_reward("dag")
    assert rule(QUESTION, answered("It was Tessa.")).value == pytest.approx(1.0)
    assert rule(QUESTION, answered("Ull")).value == pytest.approx(0.5)
    assert rule(QUESTION, answered("Tessa or Ull")).value == pytest.approx(0.5)
