import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hopgym.benchmarks.speed import peers
from hopgym.benchmarks.speed.env_steps import make_job

ENV = {
    "skyrl_gym/__init__.py": """
        from skyrl_gym.tools import search

        class SearchEnv:
            def __init__(self, env_config, extras):
                self.answer = extras["reward_spec"]["ground_truth"]["target"][0]

            def init(self, prompt):
                self.question = prompt[0]["content"]

            def step(self, action):
                if "<answer>" in action:
                    return {"done": self.question != "Endless?"}
                search.asked.append(search.call_search_api("url", query=action, topk=3)[0])
                return {"done": False}

        def make(name, env_config, extras):
            assert name == "search"
            return SearchEnv(env_config, extras)
    """,
    "skyrl_gym/envs/__init__.py": "",
    "skyrl_gym/envs/search/__init__.py": "",
    "skyrl_gym/envs/search/env.py": """
        class SearchEnvConfig:
            def __init__(self, topk):
                self.topk = topk
    """,
    "skyrl_gym/tools/__init__.py": "",
    "skyrl_gym/tools/search.py": """
        asked = []

        def call_search_api(*_, **__):
            raise AssertionError("this would have left the process")
    """,
}


@pytest.fixture
def job():
    return {**make_job(30), "seconds": 0.0}


@pytest.fixture
def fake_skyrl(tmp_path, monkeypatch):
    """A package with the few names that the script uses; it fails if a query leaves the process."""
    import textwrap

    for name, code in ENV.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "skyrl_gym"]:
        del sys.modules[name]


def test_the_clock_counts_what_was_played():
    steps, cpu, wall = peers.clocked(lambda: 3, times=4)
    assert steps == 12
    assert cpu >= 0 and wall >= 0


def test_playing_is_repeated_until_the_time_is_filled():
    calls = itertools.count()
    assert peers.times_for(lambda: next(calls), seconds=0.0) == 1
    assert peers.times_for(lambda: next(calls), seconds=0.01) > 1


def test_one_by_one_plays_question_after_question(job):
    begun, heard = [], []

    def step(env, action):
        heard.append(action)
        return "<answer>" in action

    play = peers.one_by_one(job, lambda *asked: begun.append(asked), step)
    assert play() == play() == 3
    assert begun == [(q["question"], q["answer"]) for q in job["questions"][:2]]
    assert heard == [*job["episodes"][0], *job["episodes"][1]]


@pytest.mark.parametrize("over", [True, False])
def test_an_episode_that_ends_too_early_or_never_is_refused(job, over):
    play = peers.one_by_one(job, lambda *_: None, lambda env, action: over)
    with pytest.raises(RuntimeError, match="did not end with its answer"):
        play()


def test_tags_are_read_and_hits_written():
    assert peers.tagged("search", "<think>a</think><search> who </search>") == "who"
    assert peers.tagged("answer", "<search>who</search>") is None
    assert peers.tagged("search", "<search>never closed") is None
    hits = [{"document": {"contents": "text"}}]
    assert peers.informed(hits) == "\n<information>Doc 1: text\n</information>\n"
    assert peers.informed([]) == "\n<information></information>\n"


def test_bm25_finds_what_the_query_says(job):
    find = peers.bm25({**job, "documents": ["a red fox", "a blue whale", "a green frog"], "k": 1})
    assert [hit["document"]["contents"] for hit in find("where do whales live")] == ["a blue whale"]
    assert peers.bm25({**job, "documents": []}) is None


def test_bm25_is_left_out_where_it_is_not_installed(job, monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)
    assert peers.bm25(job) is None


def test_a_round_times_every_side_with_both_searches(job, fake_skyrl):
    answers = peers.rounds("skyrl", job, iter(["round", "round"]))
    assert next(answers)["sides"] == [
        {"search": "null", "name": "SkyRL-gym search", "envs": 1},
        {"search": "bm25", "name": "SkyRL-gym search", "envs": 1},
    ]
    costs = [answer["costs"] for answer in answers]
    assert [[len(cost) for cost in row] for row in costs] == [[3, 3], [3, 3]]
    assert all(cost[0] % 3 == 0 for row in costs for cost in row)


def test_each_side_keeps_its_own_search(job, fake_skyrl):
    from skyrl_gym.tools import search

    (nothing,) = peers.skyrl(job, peers.find_nothing)
    (something,) = peers.skyrl(job, lambda query: [{"document": {"contents": "found"}}])
    for side in (nothing, something, nothing):
        side[2]()
    found = [bool(answer["result"]) for answer in search.asked]
    assert found == [False, False, True, True, False, False]


def test_an_environment_that_does_not_end_is_refused(job, fake_skyrl):
    job["questions"] = [{"question": "Endless?", "answer": "never"}]
    ((_, _, play),) = peers.skyrl(job, peers.find_nothing)
    with pytest.raises(RuntimeError, match="did not end with its answer"):
        play()


def run_script(peer, lines, **environment):
    result = subprocess.run(
        [sys.executable, peers.__file__, peer],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_script_answers_each_line_with_one(job, fake_skyrl):
    lines = [json.dumps({**job, "documents": []}), "round", "round"]
    answers = run_script("skyrl", lines, PYTHONPATH=str(fake_skyrl))
    assert [list(answer) for answer in answers] == [["sides"], ["costs"], ["costs"]]


def test_what_a_framework_prints_does_not_mix_with_the_answers(job, fake_skyrl):
    module = fake_skyrl / "skyrl_gym" / "__init__.py"
    module.write_text("print('welcome')\n" + module.read_text())
    answers = run_script("skyrl", [json.dumps(job)], PYTHONPATH=str(fake_skyrl))
    assert [list(answer) for answer in answers] == [["sides"]]


def test_the_script_says_what_went_wrong(job, tmp_path):
    (tmp_path / "skyrl_gym.py").write_text("raise ImportError('half installed')")
    (answer,) = run_script("skyrl", [json.dumps(job)], PYTHONPATH=str(tmp_path))
    assert answer == {"error": "ImportError: half installed"}
    (answer,) = run_script("nobody", [json.dumps(job)])
    assert answer == {"error": "KeyError: 'nobody'"}


def test_the_script_imports_nothing_of_hopgym():
    code = Path(peers.__file__).read_text()
    assert "hopgym." not in code.replace("benchmarks", "") and "from ." not in code


@pytest.mark.parametrize("name", peers.PEERS)
def test_the_real_peers_play(name, job):
    folder = os.environ.get("HOPGYM_PEERS")
    if not folder or not Path(folder, name, "bin", "python").is_file():
        pytest.skip("HOPGYM_PEERS names no folder with this peer")
    lines = "".join(f"{line}\n" for line in [json.dumps(job), "round"])
    command = [str(Path(folder, name, "bin", "python")), peers.__file__, name]
    shown = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout
    sides, costs = (json.loads(line) for line in shown.splitlines())
    assert len(sides["sides"]) == len(costs["costs"]) >= 1
