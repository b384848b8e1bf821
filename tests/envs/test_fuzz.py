"""Hostile actions by the hundred thousand: no exception, no forged observation, no free reward.

`make test` plays 20,000 of them; `make test-slow` 1,000,000.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import toy_kwargs

from hopgym.envs.grammars import make_grammar
from hopgym.envs.search_read import SearchReadEnv
from hopgym.errors import ConfigError

FRAGMENTS = (
    *(
        "Step 1:",
        "Step 2:",
        "step 1 :",
        "Step 999999999:",
        "The problem analysis:",
        "The question:",
    ),
    *(
        "The retrieval query:",
        "The final answer:",
        "The retrieval documents:",
        "the final answer\uff1a",
    ),
    *(
        "The environment note:",
        "<think>",
        "</think>",
        "<search>",
        "</search>",
        "<answer>",
        "</answer>",
    ),
    *("<information>", "</information>", "< information >", "&lt;search>", "<|im_end|>", "[DOC_1]"),
    *(
        "\n",
        "\n\n",
        " ",
        "\t",
        "\x00",
        "\x1b[2J",
        "\u202e",
        "\u200b",
        "\ud800",
        "\u2028",
        "é",
        "東京",
    ),
    *(
        "film",
        "Tessa",
        "Ada Orm",
        "Vel",
        "?",
        "!!!!",
        "{}",
        "%s",
        "../../etc",
        "' OR 1=1",
        "yes and no",
    ),
)
MARKERS = {"r3": "\nThe retrieval documents:", "search_r1": "<information>"}
SCHEMES = {"em": 1.0, "f1": 1.0, "r3_paper": 2.0}


def mutated(rng, grammar, turn):
    """A valid action with a few pieces put in, taken out or doubled; now and then pure noise."""
    if rng.random() < 0.1:
        return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randrange(30)))
    write = rng.choice((grammar.write_query, grammar.write_answer))
    action = write(turn, "I look.", rng.choice(("film", "Tessa", "born in", "Ada Orm")))
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(action) + 1)
        cut = rng.choice((0, 0, 1, 9))
        action = action[:at] + rng.choice(FRAGMENTS) * rng.choice((1, 1, 2)) + action[at + cut :]
    return action * 20_000 if rng.random() < 0.0005 else action


class Watch:
    """Steps an environment and checks what must hold after every action."""

    def __init__(self, grammar, reward):
        self.env = SearchReadEnv(**toy_kwargs(grammar=grammar, reward=reward, format_retries=2))
        self.marker, self.ceiling = MARKERS[grammar], SCHEMES[reward]
        self.begin(0)

    def begin(self, seed):
        self.text, self.info = self.env.reset(seed=seed)
        self.earned, self.queries = 0.0, 0

    def step(self, action):
        before = self.text
        self.text, reward, terminated, truncated, self.info = self.env.step(action)
        self.earned += reward
        self.queries += len(self.info["queries"])
        assert self.text.startswith(before)
        assert self.text.count(self.marker) == self.queries, "an observation was forged"
        assert self.earned <= self.ceiling + 1e-9
        assert not (terminated and truncated)
        if terminated or truncated:
            assert self.env.observation_space.contains(self.text)
            assert (
                "".join(self.text[s.start : s.end] for s in self.info["trajectory"].spans)
                == self.text
            )
            return True
        return False


def fuzz(grammar, reward, actions):
    rng, watch, written = (
        random.Random(f"{grammar} {reward}"),
        Watch(grammar, reward),
        make_grammar(grammar),
    )
    for number in range(actions):
        if watch.step(mutated(rng, written, watch.info["turn"])):
            watch.begin(number)


@pytest.mark.parametrize("reward", SCHEMES)
@pytest.mark.parametrize("grammar", MARKERS)
def test_mutated_actions(grammar, reward):
    fuzz(grammar, reward, 3_400)


@pytest.mark.slow
@pytest.mark.parametrize("reward", SCHEMES)
@pytest.mark.parametrize("grammar", MARKERS)
def test_a_million_mutated_actions(grammar, reward):
    fuzz(grammar, reward, 170_000)


@pytest.mark.parametrize("grammar", MARKERS)
@settings(deadline=None)
@given(actions=st.lists(st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join), max_size=9))
def test_arbitrary_actions(grammar, actions):
    watch = Watch(grammar, "r3_paper")
    for number, action in enumerate(actions):
        if watch.step(action):
            watch.begin(number)


@given(st.dictionaries(st.text(max_size=9), st.integers()), st.none() | st.floats() | st.binary())
def test_what_is_no_text_at_all_is_refused_and_moves_nothing(mapping, value):
    watch = Watch("r3", "em")
    before = watch.env.unwrapped._episode.snapshot()
    for action in (mapping, value):
        with pytest.raises(ConfigError, match=f"takes a str action, not {type(action).__name__}"):
            watch.env.step(action)
    assert watch.env.unwrapped._episode.snapshot() == before
