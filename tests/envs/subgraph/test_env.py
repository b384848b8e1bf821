import copy
import warnings
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from subgraphs import (
    AWKWARD,
    CHAIN,
    begin,
    env,
    facts,
    large_question,
    plain,
    play,
    question,
    question_set,
    random_action,
)

from hopgym.envs.subgraph import make_env
from hopgym.envs.subgraph.env import SubgraphEnv
from hopgym.errors import ConfigError, EpisodeError, HopgymError, RewardError
from hopgym.seeding import rng_for

PLAYS = (
    {"mode": "one_shot"},
    {"mode": "sequential", "max_steps": 5},
    {"mode": "sequential", "max_steps": 5, "connected": True},
)
FORMS = ("graph", "padded")


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("observation", FORMS)
@pytest.mark.parametrize("top_k", [1, 8])
def test_gymnasiums_checker_is_content(observation, keywords, top_k, capsys):
    for given in AWKWARD:
        told = {"questions": question_set(given), "observation": observation, "top_k": top_k}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(gymnasium.make("hopgym/KGSubgraph-v0", **told, **keywords).unwrapped)
    assert "Warn" not in capsys.readouterr().err


@pytest.mark.parametrize("observation", FORMS)
@pytest.mark.parametrize("top_k", [100, 5_000, 6_000])
def test_5000_facts(observation, top_k):
    made = env(questions=question_set(large_question()), observation=observation, top_k=top_k)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen, info = made.reset(seed=0)
        assert seen in made.observation_space and info["facts"] == min(top_k, 5_000)
    rewards, info = play(made, rng_for(0))
    assert info["metrics"]["offered_recall"] == 1.0 and info["metrics"]["answer_recall"] <= 1.0
    made = env(questions=question_set(large_question()), observation=observation, top_k=top_k,
               mode="sequential", connected=True)  # fmt: skip
    rewards, info = play(made, rng_for(0))
    assert len(rewards) <= 20 and "masked_action" not in {
        s.parse_error for s in info["trajectory"].steps
    }


@pytest.mark.parametrize("name", ["hopgym/KGSubgraph-v0", "hopgym:hopgym/KGSubgraph-v0"])
@pytest.mark.parametrize("observation", FORMS)
@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_gymnasium_makes_it_and_it_plays_the_world(name, observation, mode):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(
            name,
            questions="world?entities=300&train=40",
            observation=observation,
            mode=mode,
            top_k=32,
        )
        check_env(made.unwrapped, skip_render_check=True)
        for seed in range(5):
            rewards, info = play(made, rng_for(seed), seed=seed)
            assert np.isfinite(rewards).all() and info["metrics"]["steps"] == len(rewards)
    assert isinstance(made.unwrapped, SubgraphEnv)
    assert made.unwrapped.question_set.name and made.unwrapped.split == "train"


def test_the_gold_facts_of_the_world_pay_the_most():
    made = make_env("padded", questions="world?entities=300&train=60&hops=2", mode="sequential")
    for index in range(20):
        made.reset(options={"index": index})
        case = made.game.case(0)
        if case.gold.sum() < case.num_gold or case.num_gold > 15:
            continue
        paid = [made.step(int(slot))[1] for slot in np.flatnonzero(case.gold)]
        *_, info = made.step(256)
        assert info["metrics"]["fact_f1"] == 1.0 and min(paid) > 0
        assert info["metrics"]["offered_recall"] == 1.0


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("observation", FORMS)
def test_the_same_seed_gives_the_same_bytes(observation, keywords):
    seen = []
    for _ in range(2):
        made, rng = env(observation=observation, **keywords), rng_for(3)
        told = [made.reset(seed=9), made.reset(), made.reset(seed=4)]
        for _ in range(6):
            over = False
            while not over:
                told.append(made.step(random_action(rng, made, valid=False)))
                over = told[-1][2] or told[-1][3]
            told.append(made.reset())
        seen.append(plain(told))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("observation", FORMS)
def test_no_gold_is_seen_before_the_end(observation, keywords):
    """Two questions that differ in nothing but their gold look alike until the end."""
    graph = facts("a r b", "b s c", "a t d", "d u e", "e r e", "c r a", "f s g")
    twins = [
        question("x", graph, "a", "c", gold=(0, 1)),
        question("x", graph, "a", "e d", gold=(2, 3)),
        question("x", graph, "a", "z"),
        replace(question("x", graph, "a"), answers=("g", "f"), type="z", metadata={"hops": 3}),
        question("x", graph, "a", "a"),
    ]
    told = []
    for twin in twins:
        made = env(questions=question_set(twin), observation=observation, top_k=5, **keywords)
        calls = [made.reset(seed=0)]
        for slot in (0, 3, 0, 2):
            if made.game.one_shot:
                break
            seen, _, *over, info = made.step(slot)
            assert not any(over)
            calls.append((seen, over, {k: v for k, v in info.items() if k != "reward_terms"}))
        told.append(plain(calls))
    assert len(set(told)) == 1


def test_infos_hold_what_the_interface_says():
    made = env(mode="sequential")
    public = ["question_id", "question", "step", "facts", "action_mask"]
    step = ["reward_terms", "parse_error", "queries", "document_ids", "new_text"]
    last = ["prediction", "answers", "metrics", "reward_reason", "trajectory"]
    _, info = begin(made, "chain")
    assert list(info) == public
    *_, info = made.step(0)
    assert list(info) == public + step and info["step"] == 1
    assert (info["queries"], info["document_ids"], info["new_text"]) == ((), (), "")
    *_, info = made.step(8)
    assert list(info) == public + step + last
    assert info["answers"] == ("c",) and info["trajectory"].question_id == "chain"


@pytest.mark.parametrize("keywords", PLAYS, ids=str)
def test_masks_agree_and_only_what_they_allow_is_selected(keywords):
    made, rng = env(**keywords), rng_for(5)
    for given in AWKWARD:
        begin(made, given.id)
        over = False
        while not over:
            mask, before = made.action_masks(), made.game.board.selected[0].copy()
            action = random_action(rng, made, valid=False)
            allowed = mask[1::2] if made.game.one_shot else mask[:-1]
            wanted = np.zeros(8, bool)
            if made.game.one_shot:
                wanted = np.asarray(action, bool)
            elif action < 8:
                wanted[action] = True
            seen, _, terminated, truncated, info = made.step(action)
            invalid = int((wanted & ~allowed).sum())
            np.testing.assert_array_equal(seen["selected"], before | (wanted & allowed))
            assert info["reward_terms"]["invalid"] == -0.1 * invalid
            assert info["parse_error"] == ("masked_action" if invalid else None)
            np.testing.assert_array_equal(info["action_mask"], made.action_masks())
            assert made.action_masks()[-1] or made.game.one_shot  # STOP is always allowed
            assert made.action_masks()[::2].all() or not made.game.one_shot  # so is to drop
            over = terminated or truncated


def test_a_mask_is_the_callers_own():
    for mode in ("one_shot", "sequential"):
        made = env(mode=mode)
        _, info = begin(made, "chain")
        info["action_mask"][:] = False
        made.action_masks()[:] = False
        assert made.action_masks().sum() > 3


def test_an_episode_must_have_begun_and_not_be_over():
    made = env()
    for call in (lambda: made.step([0] * 8), made.action_masks, lambda: made.question):
        with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
            call()
    begin(made, "chain")
    made.step([0] * 8)
    with pytest.raises(EpisodeError, match=r"The episode is over. Call reset\(\)"):
        made.step([0] * 8)


def test_a_refused_reset_changes_nothing():
    made, twin = env(mode="sequential"), env(mode="sequential")
    for each in (made, twin):
        each.reset(seed=1)
        each.step(0)
    for options in ({"index": 99}, {"question_id": "nope"}, {"x": 1}):
        for seed in (None, 7):
            with pytest.raises(HopgymError):
                made.reset(seed=seed, options=options)
    assert repr(made.step(1)) == repr(twin.step(1))
    drawn = [[each.reset()[1]["question_id"] for _ in range(8)] for each in (made, twin)]
    assert drawn[0] == drawn[1]


def test_a_question_whose_facts_cannot_be_chosen_draws_no_other():
    mixed = question_set(CHAIN, question("wide", [*CHAIN.facts] * 2, "a", "c"))
    made = env(questions=mixed, retriever="all", top_k=5)
    told = []
    for _ in range(9):
        try:
            told.append(made.reset(seed=None if told else 12)[1]["question_id"])
        except ConfigError as error:
            told.append("wide")
            assert "'wide' has 10 facts, and top_k is 5" in str(error)
    assert "wide" in told and len(set(told[told.index("wide") :])) == 1


def test_a_reader_that_fails_moves_nothing():
    broken = [True]

    def reader(selection):
        if broken[0]:
            raise TimeoutError("no reply")
        return ["c"]

    made = env(mode="sequential", reader=reader)
    begin(made, "chain")
    made.step(0)
    for _ in range(2):
        with pytest.raises(RewardError, match="reader raised TimeoutError: no reply"):
            made.step(8)
        assert made.game.board.steps[0] == 1 and not made.game.over[0]
    broken[0] = False
    *_, info = made.step(8)
    assert info["prediction"] == "c" and info["metrics"]["hit_exact"] == 1.0


def test_a_copy_plays_on_by_itself():
    made = env(mode="sequential")
    begin(made, "chain")
    twin = copy.deepcopy(made)
    assert plain(made.step(0)) == plain(twin.step(0))
    made.step(1)
    assert twin.game.board.selected.sum() == 1


def test_progress_must_be_a_step():
    with pytest.raises(ConfigError, match="training step is -1"):
        env().set_progress(-1)
