from rewards_episodes import episode, query, unreadable

from hopgym.rewards.format import format_adherence, readable


def test_the_last_action_counts():
    assert readable(episode(unreadable(), query("q")))
    assert not readable(episode(query("q"), unreadable()))


def test_adherence_is_a_share_of_all_actions():
    assert format_adherence(episode(query("q"), unreadable(), query("r"), query("s"))) == 0.75
    assert format_adherence(episode()) == 0.0
