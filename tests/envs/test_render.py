from dag_steps import make_plan_step
from toy import QUESTIONS, Echo, begin, play

from hopgym.core import Score
from hopgym.envs.plan_figure import plan_figure
from hopgym.envs.render import print_new, transcript_text


def test_only_what_is_new_is_printed(capsys):
    episode = begin()
    play(episode, "one")
    print_new(episode)
    play(episode, "[red]two[/red]")
    print_new(episode)
    assert capsys.readouterr().out.split() == ["one!", "[red]two[/red]!"]


def test_the_ending_shows_answer_and_gold():
    episode = begin()
    play(episode, "end")
    assert transcript_text(episode) == "end!\n[answered] answer: 'end', gold: 'Tessa / Tessa Town'"


class Planner(Echo):
    """Plans with every action but `end`."""

    def finish(self, action, parsed, observation, **changes):
        if action != "end":
            step = make_plan_step(index=len(self.steps) + 1)
            changes = {"queries": step.queries, "hits": step.hits}
            parsed = step.parsed
        super().finish(action, parsed, observation, **changes)


def planner():
    return Planner(QUESTIONS[0], "toy/Planner-v0", 3, lambda question, trajectory: Score(0.5))


def test_the_figure_of_each_plan_follows_the_transcript():
    episode = planner()
    play(episode, "one")
    play(episode, "two")
    play(episode, "end")
    first, second = (plan_figure(step) for step in episode.steps[:2])
    assert "Plan of turn 1" in first and "Plan of turn 2" in second
    ending = "one!two!end!\n[answered] answer: 'end', gold: 'Tessa / Tessa Town'"
    assert transcript_text(episode) == f"{ending}\n\n{first}\n\n{second}"


def test_a_plan_is_printed_once_after_its_step(capsys):
    episode = planner()
    print_new(episode)
    capsys.readouterr()
    for turn, action in enumerate(["one", "two"], 1):
        play(episode, action)
        print_new(episode)
        shown = capsys.readouterr().out
        assert shown == f"{action}!\n{plan_figure(episode.steps[-1])}\n\n", f"turn {turn}"
    play(episode, "end")
    print_new(episode)
    assert "Plan of turn" not in capsys.readouterr().out
