import pytest
from subgraphs import AUTHOR, AWKWARD, LIVES, begin, env, vector

from hopgym.envs.subgraph.render import render_game


def test_a_selection_is_shown():
    made = env(mode="sequential", render_mode="ansi")
    begin(made, "chain")
    assert made.render() == (
        "Question: Where does the author of a live?\nFrom: a\nSelected 0 of 5 facts:"
    )
    made.step(LIVES)
    assert made.render().endswith("Selected 1 of 5 facts:\n     3  b, lives, c")
    made.step(AUTHOR)
    made.step(8)
    assert made.render().endswith("3  b, lives, c\n[over] answer: 'c', gold: 'c'")


def test_an_answer_that_never_came():
    made = env(mode="sequential", render_mode="ansi", max_steps=1)
    begin(made, "no topic")
    assert "From: nowhere" in made.render() and "gold" not in made.render()
    made.step(0)
    assert made.render().endswith("[over] answer: none: the steps were used up, gold: 'c'")


def test_names_cannot_forge_lines():
    for question in AWKWARD:
        made = env(render_mode="ansi")
        begin(made, question.id)
        *_, info = made.step([1] * 8)
        lines = made.render().split("\n")
        assert len(lines) == 4 + info["metrics"]["selected"]
        assert lines[-1].startswith("[over] ") and made.render().isprintable is not None
        assert not set("\x00\u202e\r") & set(made.render())


def test_people_are_shown_each_step(capsys):
    made = env(mode="sequential", render_mode="human")
    begin(made, "chain")
    made.step(0)
    assert made.render() is None
    shown = capsys.readouterr().out
    assert shown.count("Question: ") == 2 and "[over]" not in shown
    for question in AWKWARD:  # markup, control characters and half characters too
        begin(made, question.id)
        made.step(0)
        made.step(8)
    assert capsys.readouterr().out.count("[over]") == len(AWKWARD)


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_every_lane_is_shown(mode):
    made = vector(2, mode=mode, render_mode="ansi")
    made.reset(seed=0)
    assert made.render() == tuple(render_game(made.game, lane) for lane in (0, 1))
    assert vector(2).render() is None and env().render() is None
