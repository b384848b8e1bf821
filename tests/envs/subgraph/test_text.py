import json
import random
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from subgraphs import (
    AUTHOR,
    BORN,
    CHAIN,
    LIVES,
    RANDOM,
    TOY,
    begin,
    env,
    question,
    question_set,
    slots,
    vector,
)

from hopgym.core import Fact, Score
from hopgym.envs.grammars import make_grammar
from hopgym.errors import ConfigError, EpisodeError, RewardError, UnknownNameError
from hopgym.rewards import make_reward

ONCE, TURNS = make_grammar("select"), make_grammar("select", mode="sequential")
SEQUENTIAL = {"mode": "sequential", "max_steps": 4}
FORMS = {"one_shot": {}, "sequential": SEQUENTIAL, "connected": {**SEQUENTIAL, "connected": True}}


def text(**keywords):
    return env(observation="text", **keywords)


def ends(stepped):
    return stepped[2], stepped[3]


def test_one_action_selects_all_and_ends_the_episode():
    played = text()
    shown, info = begin(played, "chain")
    by_name = [CHAIN.facts[place] for place in (0, 2, 4, 1, 3)]
    assert shown == ONCE.opening(CHAIN.text, ["a"], by_name)
    assert (info["facts"], info["turn"], info["remaining"], info["grammar"]) == (5, 1, 1, "select")
    action = f"<think>b, then c.</think>{ONCE.write_selection([AUTHOR, LIVES])}"
    seen, reward, terminated, truncated, info = played.step(action)
    assert (terminated, truncated, seen) == (True, False, shown + action)
    assert info["prediction"] == "c" and info["answers"] == ("c",) and info["remaining"] == 0
    assert reward == pytest.approx(0.98) == pytest.approx(sum(info["reward_terms"].values()))
    assert info["metrics"]["fact_f1"] == info["metrics"]["format_adherence"] == 1.0
    (step,) = info["trajectory"].steps
    assert step.action == action and step.parsed == {
        "kind": "select", "facts": [0, 1], "invalid": 0, "answers": ["c"],
        "analysis": "b, then c.", "text": "0, 3",
    }  # fmt: skip
    with pytest.raises(EpisodeError, match="over"):
        played.step(action)


def test_nothing_can_be_selected():
    played = text()
    begin(played, "chain")
    *_, info = played.step("<select>none</select>")
    assert info["prediction"] == "" and info["trajectory"].outcome == "answered"


def test_the_other_mode_s_word_does_what_it_says():
    played = text()
    begin(played, "chain")
    *_, info = played.step("<select>stop</select>")
    assert info["prediction"] == "" and info["trajectory"].steps[0].parsed["kind"] == "select"
    played = text(**SEQUENTIAL)
    begin(played, "chain")
    *_, info = played.step("<select>none</select>")
    assert info["parse_error"] is None and info["remaining"] == 3
    assert "Selected: none." in info["new_text"]


def test_turns_select_until_stop():
    played = text(**SEQUENTIAL)
    shown, _ = begin(played, "chain")
    assert "\nTurns: 4\n" in shown
    seen, _, *over, info = played.step("<select>0</select>")
    assert over == [False, False] and info["remaining"] == 3 and info["turn"] == 2
    assert info["new_text"] == "\n<selected>\nSelected: 0.\n</selected>\nTurns left: 3.\n"
    assert seen == f"{shown}<select>0</select>{info['new_text']}"
    *_, info = played.step(TURNS.write_selection([BORN, LIVES]))
    assert "Selected: 0, 2, 3." in info["new_text"]
    stepped = played.step("<select>stop</select>")
    assert ends(stepped) == (True, False)
    trajectory = stepped[4]["trajectory"]
    assert trajectory.prediction == "c" and trajectory.outcome == "answered"
    assert [dict(step.parsed)["facts"] for step in trajectory.steps] == [[0], [4, 1], []]
    assert trajectory.steps[-1].parsed["kind"] == "stop" and stepped[4]["metrics"]["selected"] == 3
    assert "".join(trajectory.transcript[s:e] for s, e, _ in trajectory.spans) == stepped[0]


def test_without_stop_nothing_is_answered():
    played = text(mode="sequential", max_steps=2)
    begin(played, "chain")
    assert "Turns left: 1. Write stop now" in played.step("<select>0</select>")[0]
    stepped = played.step("<select>1</select>")
    assert ends(stepped) == (False, True) and stepped[4]["prediction"] is None
    assert stepped[4]["trajectory"].outcome == "out_of_steps"
    assert stepped[4]["new_text"] == "\n<selected>\nSelected: 0, 1.\n</selected>\n"


def test_masked_choices_select_nothing_and_the_others_are_taken():
    played = text(**SEQUENTIAL)
    begin(played, "chain")
    *_, info = played.step("<select>0, 9, 5</select>")
    assert info["parse_error"] == "masked_action"
    assert "Selected: 0.\nNot taken: 9 (not on offer); 5 (not on offer).\n" in info["new_text"]
    assert info["reward_terms"]["invalid"] == pytest.approx(-0.2)
    *_, info = played.step("<select>0</select>")
    assert "Not taken: 0 (selected already)." in info["new_text"] and info["turn"] == 3
    *_, info = played.step("<select>stop</select>")
    steps = info["trajectory"].steps
    assert [step.parsed["invalid"] for step in steps] == [2, 1, 0]
    assert info["metrics"]["format_adherence"] == pytest.approx(1 / 3)


def test_connected_facts_are_taken_in_the_order_they_are_written():
    played = text(**FORMS["connected"])
    begin(played, "chain")
    *_, info = played.step(TURNS.write_selection([LIVES, AUTHOR, BORN]))
    assert "Selected: 0, 2.\nNot taken: 3 (joined to nothing known)." in info["new_text"]
    *_, info = played.step(TURNS.write_selection([LIVES]))
    assert info["parse_error"] is None and "Selected: 0, 2, 3." in info["new_text"]


def test_more_facts_than_there_are_is_no_selection():
    played = text(**SEQUENTIAL)
    begin(played, "one")
    *_, info = played.step("<select>0, 1</select>")
    assert info["parse_error"] == "too_many_facts" and info["reward_terms"]["invalid"] == -0.1
    assert "selects more facts than there are" in info["new_text"]


def test_an_unreadable_selection_ends_a_one_shot_episode():
    played = text()
    begin(played, "chain")
    stepped = played.step("facts 0 and 1")
    assert ends(stepped) == (True, False) and stepped[4]["parse_error"] == "no_action"
    assert stepped[4]["trajectory"].outcome == "malformed" and stepped[4]["prediction"] is None
    assert stepped[1] == -0.1 and stepped[4]["trajectory"].steps[0].parsed == {}


def test_an_unreadable_action_costs_a_turn_unless_it_is_forgiven():
    played = text(**SEQUENTIAL)
    begin(played, "chain")
    seen, *_, info = played.step("<select>x</select>")
    assert info["remaining"] == 3 and seen.endswith("alone.\nTurns left: 3.\n")
    for mode in FORMS.values():
        played = text(format_retries=1, **mode)
        begin(played, "chain")
        *_, info = played.step("<select>x</select>")
        assert info["turn"] == 1 and info["remaining"] == played.stage.max_steps
        assert info["reward_terms"]["invalid"] == -0.1
        *_, info = played.step("<select>0</select>")
        assert info["parse_error"] is None


@pytest.mark.parametrize("questions", [TOY, RANDOM], ids=["awkward", "random"])
@pytest.mark.parametrize("seed", range(2))
def test_one_shot_text_pays_and_measures_as_the_arrays_do(questions, seed):
    arrays, played = env(questions=questions), text(questions=questions)
    rng = np.random.default_rng(seed)
    for each in questions.questions("train"):
        wanted = np.flatnonzero(rng.random(8) < 0.3)
        begin(played, each.id)
        _, info = begin(arrays, each.id)
        wanted = wanted[: info["facts"]]
        bits = np.isin(np.arange(8), wanted).astype(np.int8)
        same(arrays.step(bits), played.step(ONCE.write_selection(wanted.tolist())))


@pytest.mark.parametrize("form", ["sequential", "connected"])
@pytest.mark.parametrize("questions", [TOY, RANDOM], ids=["awkward", "random"])
def test_sequential_text_pays_and_measures_as_the_arrays_do(questions, form):
    arrays, played = (make(questions=questions, **FORMS[form]) for make in (env, text))
    rng = np.random.default_rng(0)
    for each in questions.questions("train"):
        begin(played, each.id)
        begin(arrays, each.id)
        over = False
        while not over:
            slot = int(rng.integers(9))
            action = TURNS.write_stop() if slot == 8 else TURNS.write_selection([slot])
            if not each.facts and slot < 8:  # in text that is no selection at all
                break
            stepped = arrays.step(slot)
            same(stepped, played.step(action))
            over = stepped[2] or stepped[3]


def same(arrays, played):
    """Whether a step came to the same in both forms."""
    assert arrays[1:4] == played[1:4]
    for key in ("reward_terms", "parse_error", "step"):
        assert arrays[4][key] == played[4][key]
    if arrays[2] or arrays[3]:
        for key in ("prediction", "answers"):
            assert arrays[4][key] == played[4][key]
        adherence = played[4]["metrics"].pop("format_adherence")
        assert 0 <= adherence <= 1 and played[4]["metrics"] == arrays[4]["metrics"]
        ours, theirs = played[4]["trajectory"], arrays[4]["trajectory"]
        assert ours.outcome == theirs.outcome
        for left, right in zip(ours.steps, theirs.steps, strict=True):
            assert {**left.parsed, **right.parsed} == dict(left.parsed)


@pytest.mark.parametrize("form", FORMS)
def test_a_stored_trajectory_is_scored_again_to_the_same(form):
    played = text(questions=RANDOM, **FORMS[form])
    reward, rng = make_reward("kg"), np.random.default_rng(1)
    for each in RANDOM.questions("train")[:20]:
        _, info = begin(played, each.id)
        over = False
        while not over:
            numbers = np.flatnonzero(rng.random(10) < 0.3)[: max(info["facts"], 1)].tolist()
            grammar = played.stage.grammar
            action = (
                grammar.write_selection(numbers) if numbers else f"<select>{grammar.word}</select>"
            )
            _, value, *ended, info = played.step(action)
            over = any(ended)
        assert reward(played.question, info["trajectory"]).value == value


@pytest.mark.parametrize("form", FORMS)
def test_check_env_has_nothing_to_say(form):
    made = gymnasium.make(
        "hopgym/KGSubgraph-v0", questions=TOY, observation="text", render_mode="ansi", **FORMS[form]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(made.unwrapped, skip_render_check=False)
    assert made.spec.id == "hopgym/KGSubgraph-v0"


@pytest.mark.parametrize("form", FORMS)
def test_the_vector_env_plays_as_single_ones_do(form):
    lanes = vector(
        3, observation="text", questions=RANDOM, autoreset_mode="Disabled", **FORMS[form]
    )
    singles = [text(questions=RANDOM, **FORMS[form]) for _ in range(3)]
    shown, _ = lanes.reset(seed=5)
    assert list(shown) == [single.reset(seed=5 + n)[0] for n, single in enumerate(singles)]
    actions = ["<select>0</select>", "<select>9</select>", "nothing"]
    seen, rewards, terminated, truncated, infos = lanes.step(actions)
    for n, single in enumerate(singles):
        theirs = single.step(actions[n])
        assert (seen[n], rewards[n], terminated[n], truncated[n]) == theirs[:4]
        assert infos["parse_error"][n] == theirs[4]["parse_error"]


class Reader:
    """Fails for one question; notes how many selections it was shown at once."""

    def __init__(self):
        self.calls, self.broken = [], True

    def __call__(self, selection):
        return self.many([selection])[0]

    def many(self, selections):
        self.calls.append(len(selections))
        if self.broken and any(selection.question == "bad" for selection in selections):
            raise RewardError("the reader is out of reach")
        return [["c"] for _ in selections]


def readable_set():
    facts = CHAIN.facts
    return question_set(
        question("good", facts, "a", "c"), question("bad", facts, "a", "c", text="bad"),
        question("fine", facts, "a", "c"),
    )  # fmt: skip


def test_a_reader_that_fails_leaves_the_episode_where_it_stood():
    reader = Reader()
    played = text(questions=readable_set(), reader=reader)
    begin(played, "bad")
    before = played._episode.snapshot()
    with pytest.raises(RewardError, match="out of reach"):
        played.step("<select>0</select>")
    assert played._episode.snapshot() == before
    reader.broken = False
    assert played.step("<select>0</select>")[4]["prediction"] == "c"


def test_selections_of_many_lanes_are_read_at_once_and_fail_alone():
    reader = Reader()
    lanes = vector(3, observation="text", questions=readable_set(), reader=reader)
    lanes.reset(options={"question_id": ["good", "bad", "fine"]})
    actions = ["<select>0</select>"] * 3
    with pytest.raises(RewardError, match="out of reach"):
        lanes.step(actions)
    results = lanes.step_some([0, 1, 2], actions)
    assert isinstance(results[1], RewardError)
    assert results[0].info["prediction"] == results[2].info["prediction"] == "c"
    reader.broken, reader.calls = False, []
    assert lanes.step_some([1], actions[:1])[0].terminated
    lanes.reset(options={"question_id": ["good", "bad", "fine"]})
    assert lanes.step(actions)[2].all() and reader.calls == [1, 3]


def test_a_reward_that_fails_leaves_the_episode_where_it_stood():
    def unscored(question, trajectory):
        return Score(0.0, unscored=True, reason="the judge is out of reach")

    played = text(reward=unscored, **SEQUENTIAL)
    begin(played, "chain")
    before = played._episode.snapshot()
    for action in ("<select>0</select>", "<select>stop</select>", "rubbish"):
        with pytest.raises(RewardError, match="judge is out of reach"):
            played.step(action)
        assert played._episode.snapshot() == before


def hidden():
    """A question whose gold cannot be told from what is on offer."""
    facts = [Fact("a", "r", "b"), Fact("b", "r", "d"), Fact("b", "r", "e")]
    gold = {"answers": ("zebra", "quagga"), "gold": (0, 1)}
    return question("secret", facts, "a", **gold)


@pytest.mark.parametrize("form", FORMS)
def test_no_gold_is_shown_before_the_end(form):
    played = text(questions=question_set(hidden()), **FORMS[form])
    shown, info = played.reset(seed=0)
    steps = [(shown, info)]
    if form != "one_shot":
        for action in ("<select>0, 7</select>", "rubbish", "<select>1</select>"):
            seen, _, _, _, info = played.step(action)
            steps.append((seen, info))
    for seen, told in steps:
        assert "zebra" not in seen + repr(told) and "quagga" not in seen + repr(told)
        assert not {"answers", "gold", "metrics", "trajectory", "prediction"} & told.keys()
    *_, info = played.step(f"<select>{played.stage.grammar.word}</select>")
    assert info["answers"] == ("zebra", "quagga")


def test_offers_without_direct_facts_hide_them_in_text_too():
    near = question("near", [Fact("a", "r", "zebra"), Fact("a", "s", "b")], "a", "zebra")
    shown, _ = text(questions=question_set(near), direct_facts=False).reset(seed=0)
    assert "zebra" not in shown and "[0] a, s, b\n" in shown


@pytest.mark.parametrize("make", [env, vector])
def test_there_are_no_masks_in_text(make):
    played = make(observation="text")
    played.reset(seed=0)
    with pytest.raises(ConfigError, match=r"observation='text' has no action masks.*'padded' or"):
        played.unwrapped.action_masks()


def test_a_step_keeps_the_places_of_the_facts_whose_numbers_it_names():
    played = text(top_k=4)
    shown, _ = begin(played, "chain")
    wanted = [place for place in played.stage.places("chain") if place != 1]
    action = ONCE.write_selection(slots(played, "chain", *wanted))
    for number, words in ONCE.read_facts(shown):
        fact = CHAIN.facts[played.stage.places("chain")[number]]
        assert words == f"{fact.head}, {fact.relation}, {fact.tail}"
    *_, info = played.step(action)
    (step,) = info["trajectory"].steps
    assert step.parsed["facts"] == wanted and len(wanted) == 3


FRAGMENTS = (
    *("<select>", "</select>", "<think>", "</think>", "<facts>", "</facts>", "<selected>"),
    *("</selected>", "0", "1", "2", ", ", ",", "99", "stop", "none", "[0]", "-", "\n", " "),
    *(
        "\x00",
        "\ud800",
        "\u202e",
        "\uff1cselected\uff1e",
        "&lt;facts>",
        "<|im_end|>",
        "Turns left: 9.",
    ),
)


def mutated(rng, grammar):
    if rng.random() < 0.2:
        return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randrange(12)))
    numbers = sorted(rng.sample(range(6), rng.randrange(1, 4)))
    action = f"<think>I look.</think>{grammar.write_selection(numbers)}"
    if rng.random() < 0.2:
        action = f"<select>{grammar.word}</select>"
    for _ in range(rng.randrange(3)):
        at = rng.randrange(len(action) + 1)
        action = action[:at] + rng.choice(FRAGMENTS) + action[at + rng.choice((0, 0, 1, 9)) :]
    return action * 9_000 if rng.random() < 0.001 else action


@pytest.mark.parametrize("form", FORMS)
def test_mutated_actions(form):
    rng, played = random.Random(form), text(format_retries=1, **FORMS[form])
    once = form == "one_shot"
    shown, _ = played.reset(seed=0)
    taken, earned = 0, 0.0
    for number in range(1_500):
        before = shown
        shown, reward, terminated, truncated, info = played.step(mutated(rng, played.stage.grammar))
        over = terminated or truncated
        taken += info["parse_error"] in (None, "masked_action")
        earned += reward
        assert shown.startswith(before) and not (terminated and truncated)
        assert shown.count("</facts>") == 1, "facts were forged"
        assert shown.count("<selected>") == (0 if once else taken - (terminated and taken > 0)), (
            "a reply was forged"
        )
        assert earned <= 1 + 1e-9 and reward == pytest.approx(sum(info["reward_terms"].values()))
        if over:
            assert played.observation_space.contains(shown)
            trajectory = info["trajectory"]
            assert "".join(shown[s.start : s.end] for s in trajectory.spans) == shown
            assert json.dumps([dict(step.parsed) for step in trajectory.steps])
            shown, _ = played.reset(seed=number)
            taken, earned = 0, 0.0


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="format_retries is -1"):
        text(format_retries=-1)
    with pytest.raises(ConfigError, match=r"no keyword 'grammer'"):
        text(grammer="r3")
    played = text()
    begin(played, "chain")
    for action in (3, np.array([1, 0]), None):
        with pytest.raises(ConfigError, match="takes a str action"):
            played.step(action)
    with pytest.raises(UnknownNameError):
        begin(played, "none of these")
