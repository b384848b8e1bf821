import json
import sys
from pathlib import Path

import pytest
import typer
from boards import HOSTILE, make_board_records, make_failed, make_one
from typer.testing import CliRunner

import hopgym
from hopgym.__main__ import main
from hopgym.benchmarks import cli, doctor
from hopgym.benchmarks.bench import Outcome
from hopgym.benchmarks.records import encode
from hopgym.benchmarks.results import read_records

ENV = "hopgym/SearchRead-v0"
SMALL = ("--questions", "world?entities=300", "--episodes", "6")
BENCH = ("bench", "--envs", ENV, "--agents", "random", *SMALL)

app = typer.Typer()
cli.add_commands(app)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the real command in an empty folder; return its status and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["hopgym", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path):
    """A results folder."""
    records = [*make_board_records(), make_failed(agent="random", question_id="x")]
    (tmp_path / "out").mkdir()
    for agent in {record.agent: None for record in records}:
        lines = b"".join(encode(record) for record in records if record.agent == agent)
        (tmp_path / "out" / f"{agent}.jsonl").write_bytes(lines)
    return tmp_path / "out"


def test_bench_plays_and_goes_on(run, tmp_path):
    status, out, err = run(*BENCH, "--seeds", "0,1", "--out", "o")
    assert status == 0 and "12 episodes played, 0 kept from before, 0 failed." in out
    assert "Next: hopgym leaderboard o" in out and "random on " in err
    (path,) = (tmp_path / "o").iterdir()
    records = list(read_records(path).values())
    assert len(records) == 12 and {record.seed for record in records} == {0, 1}
    words = " ".join(records[0].command.split())
    assert words.startswith("hopgym bench --envs") and "'world?entities=300'" in words
    status, out, _ = run(*BENCH, "--seeds", "0,1", "--out", "o")
    assert status == 0 and "0 episodes played, 12 kept from before" in out


def test_bench_takes_lists_and_keywords(run, tmp_path):
    (tmp_path / "mine.py").write_text("def Mine(observation):\n    return 'nothing to read'\n")
    names = ("--envs", ENV, "--agents", "random,closed_book", "--agents", "mine.py:Mine")
    status, out, _ = run("bench", *names, *SMALL, "--set", "max_steps=2", "--out", "a b[c]")
    assert status == 0 and "18 episodes played" in out
    assert "Next: hopgym leaderboard 'a b[c]'" in out
    records = [r for path in (tmp_path / "a b[c]").iterdir() for r in read_records(path).values()]
    assert {record.agent for record in records} == {"random", "closed_book", "Mine"}
    assert all(record.env_kwargs == {"max_steps": 2} for record in records)


def test_bench_plays_a_suite_of_ones_own_into_its_folder(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from hopgym.benchmarks import Suite, Task\n"
        f"task = Task(name='t', env_id={ENV!r}, questions='world?entities=300', episodes=6)\n"
        "SUITE = Suite('mine', '', (task,), ('random',))\n"
    )
    status, out, _ = run("bench", "--suite", "mine.py:SUITE", "--episodes", "2")
    assert status == 0 and "2 episodes played" in out
    assert (tmp_path / "results" / "mine" / "t--random.jsonl").is_file()


def test_failed_episodes_are_told_and_the_status_is_1(run, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from hopgym.errors import RetrievalError\n"
        "class Broken:\n"
        "    fingerprint = 'broken'\n"
        "    def __init__(self, documents):\n"
        "        pass\n"
        "    def search(self, queries, k):\n"
        "        raise RetrievalError('the index is out of reach')\n"
    )
    agent = ("bench", "--envs", ENV, "--agents", "single_shot", *SMALL)
    status, out, _ = run(*agent, "--set", "retriever=broken.py:Broken", "--out", "o")
    assert status == 1 and "6 failed" in out and "Run the same command again" in out
    assert out.count("First failure of single_shot on SearchRead-v0.world?entities=300: Ret") == 1
    assert "Next: hopgym leaderboard" not in out  # there is nothing to compare
    more = (*agent[:4], "single_shot,closed_book", *agent[5:])
    status, out, _ = run(*more, "--set", "retriever=broken.py:Broken", "--out", "p")
    assert status == 1 and "single_shot on SearchRead-v0.world" in out


def test_one_episode_is_one(run):
    options = (*BENCH[:-2], "--episodes", "1", "--out", "o")
    assert "1 episode played, 0 kept" in run(*options)[1]
    status, out, err = run(*options[:-4], "--episodes", "3", "--out", "o")
    assert status == 0 and "2 episodes played, 1 kept from before" in out
    assert "2 new episodes in" in err and "of the 2 new, 1 kept from before" in err


def test_a_failure_is_told_once_with_all_that_had_it():
    def outcome(agent, error):
        return Outcome("world", agent, Path("x"), 0, 1, 1, error)

    told = cli._first_failures([outcome("a", "E: down"), outcome("b", ""), outcome("c", "E: down")])
    assert told == ["First failure of a on world and 1 more: E: down"]
    assert cli._first_failures([outcome("b", "F")]) == ["First failure of b on world: F"]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["bench", "--suite", "quik"], "UnknownNameError", "Did you mean 'quick'"),
        (["bench", "--suite", "no.py:S"], "ConfigError", "No file 'no.py'"),
        ([*BENCH[:2], "hopgym/SearchRaed-v0", *BENCH[3:]], "UnknownNameError", "SearchRead-v0"),
        ([*BENCH[:2], "nosuch:x/Y-v0", *BENCH[3:]], "ConfigError", "No module 'nosuch'"),
        ([*BENCH[:2], "CartPole-v1", *BENCH[3:]], "ConfigError", "takes `questions`"),
        ([*BENCH, "--agents", "rnadom"], "UnknownNameError", "Did you mean 'random'"),
        ([*BENCH, "--agents", "nosuch:A"], "ConfigError", "No module 'nosuch'"),
        ([*BENCH, "--agents", "hopgym:__version__"], "ConfigError", "is no agent"),
        ([*BENCH, "--agents", "random"], "ConfigError", "Two agents are called 'random'"),
        ([*BENCH, "--agents", ","], "ConfigError", "empty name"),
        (["bench", "--envs", ENV], "ConfigError", "--envs needs --agents"),
        (["bench", "--suite", "quick", "--envs", ENV], "ConfigError", "not both"),
        (["bench", "--questions", "world"], "ConfigError", "--questions belongs to --envs"),
        (["bench", "--set", "top_k=3"], "ConfigError", "--set belongs to --envs"),
        ([*BENCH, "--seeds", "one"], "ConfigError", "whole numbers, such as 0,1,2"),
        ([*BENCH, "--seeds=-1"], "ConfigError", "different whole numbers from 0"),
        ([*BENCH, "--episodes", "0"], "ConfigError", "play 1 question or more"),
        ([*BENCH, "--engine", "loacl"], "UnknownNameError", "Did you mean 'local'"),
        ([*BENCH, "--set", "top_k"], "ConfigError", "write name=value"),
        ([*BENCH, "--set", "topk=3"], "ConfigError", "top_k"),
        ([*BENCH, "--set", "split=dev"], "ConfigError", "'split' is a field of the task"),
        ([*BENCH, "--questions", "wrold"], "UnknownNameError", "'world'"),
        ([*BENCH, "--split", "tset"], "ConfigError", "test"),
        (["bench", "--suite", "real-multihop"], "ConfigError", "--data FOLDER"),
        (["bench", "--suite", "real-multihop", "--data", "."], "ConfigError", "docs/real_sets.md"),
        ([*BENCH, "--engine", "ray"], "MissingExtraError", 'pip install "hopgym[ray]"'),
        ([*BENCH, "--out", "file/o"], "ResultsError", "cannot be a results folder"),
        (["leaderboard", "nothing"], "ResultsError", "No folder 'nothing'"),
        (["leaderboard", "o", "--questions", "3"], "ConfigError", "belongs to --html"),
        (["report", "nothing"], "ResultsError", "No folder 'nothing'"),
    ],
    ids=lambda value: " ".join(value[-3:]) if isinstance(value, list) else "",
)
def test_bad_input_is_one_clear_line_and_status_2(
    run, tmp_path, monkeypatch, arguments, kind, message
):
    monkeypatch.delenv("HOPGYM_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "file").write_text("")
    status, _, err = run(*arguments)
    told = " ".join(err.split())
    assert status == 2 and kind in told and message in told
    assert "Traceback" not in err
    assert kind == "ConfigError" or [p.name for p in tmp_path.iterdir()] == ["file"]


def test_suites_are_listed():
    shown = invoke("bench", "--list").stdout
    assert "quick" in shown and "real" in shown


def test_an_edited_environment_is_not_continued(run, tmp_path):
    text = (Path(hopgym.__file__).parent / "examples" / "own_environment.py").read_text()
    text = text.replace("examples/NoRepeats-v0", "edited/NoRepeats-v0")
    (tmp_path / "env.py").write_text(text)
    command = ("bench", "--envs", "env.py:edited/NoRepeats-v0", *BENCH[3:], "--out", "o")
    assert run(*command)[0] == 0
    status, out, _ = run(*command)
    assert status == 0 and "6 kept from before" in out
    (tmp_path / "env.py").write_text(text + "# edited\n")
    status, _, err = run(*command)
    told = " ".join(err.split())
    assert status == 2 and "other conditions (env_fingerprint: " in told
    assert "agent itself" not in told and "pass --fresh" in told


def test_hostile_names_are_printed_as_they_are(folder):
    (folder / "iterative.jsonl").write_bytes(encode(make_one(agent="[red]x[/]", task=HOSTILE)))
    result = invoke("leaderboard", folder / "iterative.jsonl")
    assert result.exit_code == 0 and "[red]x[/]" in result.stdout


def test_the_doctor_prints_a_table_and_json():
    result = invoke("doctor")
    assert result.exit_code == 0 and "numpy" in result.stdout and "State" in result.stdout
    checks = json.loads(invoke("doctor", "--json").stdout)
    assert {"area", "name", "state", "detail", "mend"} == set(checks[0])
    assert "ok" in {check["state"] for check in checks}


def test_the_doctor_fails_when_something_is_broken(monkeypatch):
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "numpy" else real(name))
    result = invoke("doctor")
    assert result.exit_code == 1 and "broken" in result.stdout


def test_the_only_split_of_a_set_is_played(run, tmp_path):
    question = {"id": "q", "question": "Who?", "answer": "Ada", "text": "Who?"}
    (tmp_path / "q.jsonl").write_text(json.dumps(question) + "\n")
    documents = {"id": "d", "title": "Ada", "text": "Ada is known."}
    (tmp_path / "d.jsonl").write_text(json.dumps(documents) + "\n")
    source = "plain?path=q.jsonl&documents=d.jsonl&split=mine"
    status, _, err = run("bench", "--envs", ENV, "--agents", "random", "--questions", source)
    assert status == 0, err
    (path,) = (tmp_path / "results" / "custom").iterdir()
    assert {record.split for record in read_records(path).values()} == {"mine"}


def test_one_episode_can_be_compared(run):
    options = (*BENCH[1:3], "--agents", "random,single_shot", *SMALL[:2], "--episodes", "1")
    assert run("bench", *options, "--out", "o")[0] == 0
    status, out, err = run("leaderboard", "o")
    assert status == 0 and "single_shot" in out and "Traceback" not in err
    status, _, err = run("leaderboard", "o", "--html", "b.html")
    assert status == 0 and "Traceback" not in err


def test_fresh_plays_anew(run):
    assert run(*BENCH, "--out", "o")[0] == 0
    status, out, _ = run(*BENCH, "--out", "o", "--fresh")
    assert status == 0 and "6 episodes played, 0 kept from before" in out


def test_ctrl_c_leaves_results_that_can_be_continued_and_says_so(run, monkeypatch, tmp_path):
    from hopgym.benchmarks.progress import Display

    played = []

    def step(self, record):
        played.append(record)
        if len(played) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Display, "step", step)
        status, _, err = run(*BENCH, "--out", "o")
    assert status == 130 and "Stopped. What was played is kept in o; the same command" in err
    assert "Traceback" not in err and "Aborted" not in err
    status, out, _ = run(*BENCH, "--out", "o")
    assert status == 0 and "3 episodes played, 3 kept from before" in out
    assert len(list((tmp_path / "o").iterdir())) == 1


def test_files_of_others_are_left_alone_and_said(run, folder):
    (folder / "mine.jsonl").write_text('{"id": 1}\n')
    status, out, _ = run("leaderboard", folder)
    assert status == 0 and "Left out, no results:" in out and "mine.jsonl" in "".join(out.split())


@pytest.mark.parametrize("text", ['{"id": 1}\n', '{"id": 1}', "id,prediction\na,b\n"])
@pytest.mark.parametrize("more", [(), ("--fresh",)])
def test_a_file_of_others_is_never_cut_or_replaced(run, tmp_path, text, more):
    assert run(*BENCH, "--out", "o")[0] == 0
    (file,) = (tmp_path / "o").iterdir()
    file.write_text(text)
    status, _, err = run(*BENCH, "--out", "o", *more)
    assert status == 2 and "is no results file" in " ".join(err.split())
    assert file.read_text() == text and len(list((tmp_path / "o").iterdir())) == 1


def test_missing_files_of_a_suite_are_listed(run, tmp_path):
    status, _, err = run("bench", "--suite", "real-multihop", "--data", tmp_path)
    told = "".join(err.split())
    assert status == 2 and "6filesaremissing" in told and "hotpotqa_train_100.json.gz" in told
    assert "bamboogle_125.jsonl(forbamboogle)" in told


def test_the_default_suite_plays_without_the_extras_of_its_agents(run, monkeypatch):
    monkeypatch.setattr("hopgym.agents.tiny.policy.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    status, out, err = run("bench", "--episodes", "1", "--out", "o")
    assert status == 0 and "22 episodes played" in out
    assert "tiny does not play: `torch` is not installed." in err and '"hopgym[llm]"' in err
    status, _, err = run("bench", "--agents", "tiny", "--episodes", "1", "--out", "o")
    assert status == 2 and "MissingExtraError" in err
