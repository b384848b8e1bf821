import pytest

from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.tokens import TokenEpisode
from hopgym.core import Step


def episode():
    row = TokenEpisode()
    row.add_env([1, 2, 3])
    row.add_turn(Generation([4, 5], [-1.0, -2.0], "ab|", "ab", "stop", cut=1))
    row.add_env([6])
    row.add_turn(Generation([7], [-3.0], "c", "c", "length"))
    return row


def test_every_token_has_its_author_and_its_log_probability():
    row = episode()
    assert row.ids == [1, 2, 3, 4, 5, 6, 7] and len(row) == 7
    assert row.mask == [0, 0, 0, 1, 1, 0, 1]
    assert row.logprobs == [0.0, 0.0, 0.0, -1.0, -2.0, 0.0, -3.0]
    assert row.spans == [(0, 3, "env"), (3, 5, "agent"), (5, 6, "env"), (6, 7, "agent")]


def test_turns_are_ranges_of_tokens_with_how_they_ended():
    row = episode()
    assert [(t.start, t.end, t.finish, t.cut, t.tail) for t in row.turns] == [
        (3, 5, "stop", 1, "|"),
        (6, 7, "length", 0, ""),
    ]
    assert row.prompt_length == 3


def test_rewards_come_from_the_steps():
    row = episode()
    row.reward(
        [
            Step(1, "ab", reward_terms={"format": 0.5, "process": 0.25}),
            Step(2, "c", reward_terms={"format": -1.0}, parse_error="no_step"),
        ]
    )
    assert [turn.reward for turn in row.turns] == [0.75, -1.0]
    assert row.turns[0].reward_terms == {"format": 0.5, "process": 0.25}
    assert [turn.parse_error for turn in row.turns] == [None, "no_step"]
    with pytest.raises(ValueError, match="zip"):
        row.reward([])


def test_an_episode_without_turns_is_all_the_environments():
    row = TokenEpisode()
    row.add_env([1, 2])
    assert row.prompt_length == 2 and row.spans == [(0, 2, "env")] and TokenEpisode().spans == []
