import typer
from learned_runs import attack, fake_learner, report
from typer.testing import CliRunner

from hopgym.benchmarks.redteam.cli import add_commands
from hopgym.benchmarks.redteam.learned import learn
from hopgym.errors import ConfigError, DataError

app = typer.Typer()
app.callback()(lambda: None)
add_commands(app)


def run(*arguments):
    return CliRunner().invoke(app, ["redteam", *map(str, arguments)], env={"COLUMNS": "160"})


def flags(folder, **changes):
    given = attack(folder, **changes)
    names = ("model_name", "output_dir", "questions", "reward", "updates", "eval_every",
             "eval_episodes", "num_envs")  # fmt: skip
    return [word for name in names for word in (f"--{name}", str(getattr(given, name)))]


def test_a_reward_that_is_gamed_is_status_1_and_one_that_holds_status_0(monkeypatch, tmp_path):
    players = {0: "iterative", 2: "every_name", 4: "every_name"}
    fake_learner(monkeypatch, players)
    gamed = run("learn", *flags(tmp_path / "gamed", reward="cover_em"))
    assert gamed.exit_code == 1, gamed.output
    assert "gamed from update 2 on" in gamed.stdout
    assert (tmp_path / "gamed" / "curves.svg").read_text().startswith("<svg")
    holds = run("learn", *flags(tmp_path / "holds", reward="f1"))
    assert holds.exit_code == 0 and "holds" in holds.stdout


def test_attacks_are_laid_side_by_side(monkeypatch, tmp_path):
    fake_learner(monkeypatch, {0: "iterative", 2: "iterative", 4: "every_name"})
    for seed in (0, 1):
        learn(attack(tmp_path / str(seed), reward="cover_em", seed=seed))
    page, picture = tmp_path / "t.md", tmp_path / "t.svg"
    result = run("curves", tmp_path / "0", tmp_path / "1", "--md", page, "--svg", picture)
    assert result.exit_code == 1 and "seed 1: gamed" in result.stdout
    assert page.read_text().count("gamed |") == 2 and picture.read_text().startswith("<svg")


def test_who_stops_it_is_told_how_it_goes_on(monkeypatch, tmp_path):
    def stop(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.benchmarks.redteam.learned.learn", stop)
    result = run("learn", *flags(tmp_path))
    assert result.exit_code == 130 and "--resume goes on from there" in result.output


def test_bad_input_is_one_error(tmp_path):
    assert isinstance(run("curves", tmp_path).exception, DataError)
    assert isinstance(run("learn", "--eval_questions", "none").exception, ConfigError)


def test_a_place_that_cannot_be_written_is_one_error(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "hopgym.benchmarks.redteam.attack_folder.read_report", lambda folder: report()
    )
    (tmp_path / "file").touch()
    result = run("curves", tmp_path, "--svg", tmp_path / "file" / "x.svg")
    assert isinstance(result.exception, ConfigError)
    assert "cannot be written" in str(result.exception)


def test_the_exploits_are_played_without_a_command():
    assert "candidates" in run("--list").stdout
