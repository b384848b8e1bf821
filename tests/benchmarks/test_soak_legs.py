import pytest

from hopgym.benchmarks.soak_legs import Player, default_legs


def test_shares_add_up_and_all_environments_are_played(tmp_path):
    legs = default_legs(tmp_path)
    assert sum(leg.share for leg in legs) == pytest.approx(1.0)
    assert len({leg.env_id for leg in legs}) == 4
    assert {leg.form for leg in legs} == {"native", "single", "async"}


def test_each_leg_plays_whole_episodes_and_goes_on(tmp_path):
    for leg in default_legs(tmp_path):
        player = Player(leg)
        taken = player.play(10) + player.play(10)
        player.close()
        assert taken >= 20 and player.episodes > 0, leg.name
