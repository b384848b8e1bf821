from hopgym.agents.grpo.rows import Row, is_overlong, row_of
from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.tokens import TokenEpisode


def episode(*turns, reply=(9, 9)):
    """A prompt of two tokens, and turns `(ids, finish, cut)` with replies between them."""
    row = TokenEpisode()
    row.add_env([7, 8])
    for ids, finish, cut in turns:
        row.add_turn(Generation(list(ids), [-0.5] * len(ids), "x", "x", finish, cut))
        row.add_env(list(reply))
    return row


def test_the_completion_is_all_that_follows_the_prompt_up_to_the_last_action():
    row = row_of(episode(((1, 2), "stop", 0), ((3,), "eos", 0)), pad=0)
    assert row == Row([7, 8], [1, 2, 9, 9, 3], [1, 1, 0, 0, 1], [-0.5, -0.5, 0.0, 0.0, -0.5])


def test_it_ends_before_a_turn_that_the_model_wrote_without_the_beginning():
    row = row_of(episode(((1, 2), "stop", 0), ((3,), "eos", 4), ((5,), "eos", 0)), pad=0)
    assert row.completion_ids == [1, 2] and row.env_mask == [1, 1]


def test_what_was_not_played_or_did_not_fit_is_a_row_without_loss():
    nothing = Row([0], [0], [0], [0.0])
    assert row_of(None, pad=0) == nothing
    assert row_of(episode(((1, 2), "stop", 3)), pad=0) == nothing
    assert row_of(episode(((), "stop", 0)), pad=0) == nothing


def test_a_masked_row_is_whole_and_has_no_loss():
    row = row_of(episode(((1, 2), "length", 0)), pad=0, masked=True)
    assert row.completion_ids == [1, 2] and row.env_mask == [0, 0]


def test_an_episode_is_overlong_if_a_turn_or_its_row_was_cut():
    assert is_overlong(episode(((1,), "stop", 0), ((2,), "length", 0)))
    assert is_overlong(episode(((1,), "stop", 0), ((2,), "eos", 1)))
    assert not is_overlong(episode(((1,), "stop", 0), ((2,), "eos", 0)))
