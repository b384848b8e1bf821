from toy import begin, play

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
