"""What the tests of the recipes for kills have in common."""

from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.benchmarks.faults import kill


def settings_of(monkeypatch, learner, recipe, *, resumed=False):
    """Return the settings that a recipe's command makes of its flags."""
    seen = []

    def training(settings, *given, **more):
        seen.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"hopgym.agents.{learner}.train.train", training)
    words = recipe.words("/out", "/given", resumed=resumed)
    assert words[1:3] == ["-m", "hopgym"]
    result = CliRunner().invoke(build_app(), words[3:])
    assert result.exit_code == 130, result.output
    return seen[0]


def survives(recipe, folder, kills=4):
    """Whether a recipe's command ends as if it had not been killed; what is wrong, if not."""
    outcome = kill(recipe, folder, kills=kills, aim=0.5)
    assert outcome.problems == [] and len(outcome.kills) == kills
