from pathlib import Path

import typer
from tiny_llms import needs_llms

from hopgym.__main__ import build_app
from hopgym.benchmarks.ppo_gain import ARMS, Plan
from hopgym.benchmarks.study import SEARCH_READ

needs_llms()
PLAN = Plan(Path("out"), "model", SEARCH_READ, 12)


def test_the_arms_differ_in_their_algorithm_or_their_rewards_alone():
    plain = PLAN.train("ppo", 1)
    for arm, flags in ARMS.items():
        words = [str(PLAN.run(arm, 1)) if w == str(PLAN.run("ppo", 1)) else w for w in plain]
        assert PLAN.train(arm, 1) == [*words, *flags]
    folders = {PLAN.run(arm, seed) for arm in ARMS for seed in range(3)}
    assert len(folders) == 3 * len(ARMS)


def test_the_commands_are_ones_that_hopgym_knows():
    commands = typer.main.get_command(build_app())
    lessons = [words for _, made in PLAN.lessons() for words in made]
    for words in (*lessons, PLAN.train("rloo", 0)):
        command = commands.commands[words[0]].commands[words[1]]
        known = {flag for each in command.params for flag in [*each.opts, *each.secondary_opts]}
        assert {word for word in words if word.startswith("--")} <= known
