import functools
import shutil

import gymnasium
import pytest

from hopgym.agents import make_agent
from hopgym.benchmarks import fingerprints
from hopgym.benchmarks.fingerprints import agent_fingerprint, env_fingerprint, part_fingerprint
from hopgym.envs.registration import find_env
from hopgym.registry import load_attribute

CODE = "def play(observation):\n    return '{}'\n\nclass Mine:\n    def __call__(self): ...\n"


def agent_of(folder, text, name="a.py"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(CODE.format(text))
    spec = f"{folder / name}:play"
    return agent_fingerprint(make_agent(spec), spec)


def test_an_edited_file_is_another_agent_and_a_moved_one_is_not(tmp_path):
    one, same, other = (agent_of(tmp_path / n, t) for n, t in (("a", "x"), ("b", "x"), ("c", "y")))
    assert one == same != other and len(one) == 16


def test_a_class_of_anothers_file_counts_both(tmp_path):
    code = "from hopgym.agents.iterative import IterativeAgent\n\nclass Mine(IterativeAgent):\n    name = '{}'\n"
    found = set()
    for folder, text in (("a", "x"), ("b", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(code.format(text))
        spec = f"{tmp_path / folder / 'mine.py'}:Mine"
        found.add(agent_fingerprint(make_agent(spec), spec))
    assert len(found) == 2


def test_hopgyms_own_agents_change_with_any_of_their_files(tmp_path, monkeypatch):
    agent = make_agent("iterative")
    before = agent_fingerprint(agent, "iterative")
    assert before == agent_fingerprint(make_agent("iterative"), "iterative")
    house = shutil.copytree(fingerprints.HOUSE, tmp_path / "agents")
    (house / "phrases.py").write_text("# edited")
    monkeypatch.setattr(fingerprints, "HOUSE", house)
    monkeypatch.setattr(fingerprints, "_file", lambda part: house / "iterative.py")
    assert agent_fingerprint(agent, "iterative") != before


def test_an_agent_of_a_sub_package_changes_with_the_files_beside_its_own(tmp_path, monkeypatch):
    expert = make_agent("expert")
    house = shutil.copytree(fingerprints.HOUSE, tmp_path / "agents")
    monkeypatch.setattr(fingerprints, "HOUSE", house)
    monkeypatch.setattr(fingerprints, "_file", lambda part: house / "expert" / "agent.py")
    before = agent_fingerprint(expert, "expert")
    (house / "llm" / "prompts.py").write_text("# edited")
    assert agent_fingerprint(expert, "expert") == before
    (house / "expert" / "wording.py").write_text("# edited")
    assert agent_fingerprint(expert, "expert") != before


def test_an_agent_that_names_itself_is_believed():
    agent = make_agent("random")
    agent.fingerprint = "weights-7"
    assert agent_fingerprint(agent) == "weights-7"


def test_what_has_no_source_has_no_fingerprint():
    assert agent_fingerprint(make_agent(len)) == ""
    assert part_fingerprint(len) == "len"


def test_parts_are_named_with_what_tells_them_apart(tmp_path):
    class Part:
        name = "mine"
        fingerprint = "v2"

    assert part_fingerprint(Part()) == "mine@v2"
    (tmp_path / "p.py").write_text(CODE.format("x"))
    play = load_attribute(f"{tmp_path / 'p.py'}:play")
    own = part_fingerprint(play)
    assert own.startswith("play@") and len(own) == len("play@") + 8
    assert part_fingerprint(functools.partial(play, 1)).endswith(own.partition("@")[2])


@pytest.mark.parametrize("name", ["bm25", "world?hops=2", "none.py:f"])
def test_plain_names_stay_as_they_are(name):
    assert part_fingerprint(name) == name


def test_a_part_named_by_its_file_changes_with_the_file(tmp_path):
    file = tmp_path / "reward.py"
    found = []
    for text in ("x", "y", "x"):
        file.write_text(CODE.format(text))
        found.append(part_fingerprint(f"{file}:play"))
    assert found[0] == found[2] != found[1] and found[0].startswith(f"{file}:play@")


def test_an_edited_helper_is_another_agent_and_another_part(tmp_path):
    (tmp_path / "a.py").write_text("import fp_helper\n" + CODE.format("x"))
    spec = f"{tmp_path / 'a.py'}:play"
    found = []
    for text in ("ONE = 1\n", "ONE = 2\n", "ONE = 1\n"):
        (tmp_path / "fp_helper.py").write_text(text)
        agent = make_agent(spec)
        found.append((agent_fingerprint(agent, spec), agent_fingerprint(agent)))
        found[-1] += (part_fingerprint(spec), part_fingerprint(load_attribute(spec)))
    assert found[0] == found[2]
    assert all(one != other for one, other in zip(found[0], found[1], strict=True))
    (tmp_path / "unrelated.py").write_text("")
    assert agent_fingerprint(make_agent(spec), spec) == found[0][0]


ENVIRONMENT = """
from fp_rules import Rules
from hopgym.envs.registration import register
from hopgym.envs.search_read import SearchReadEnv, SearchReadVectorEnv

class Env(SearchReadEnv):
    env_id = "fp/Mine-v0"
    episode_class = Rules

register(Env.env_id, Env, SearchReadVectorEnv, "Mine.")
"""
RULES = (
    "from hopgym.envs.search_read import SearchReadEpisode\nclass Rules(SearchReadEpisode): {}\n"
)


def env_of(spec):
    return gymnasium.make(find_env(spec), questions="world?entities=300")


def test_an_edited_environment_is_another_one_and_so_is_one_with_other_rules(tmp_path):
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "fp_rules.py").write_text(RULES.format("pass"))
    spec = f"{tmp_path / 'env.py'}:fp/Mine-v0"
    env = env_of(spec)
    first = env_fingerprint(env, spec)
    assert len(first) == 16 and first == env_fingerprint(env)
    (tmp_path / "env.py").write_text(ENVIRONMENT + "# edited")
    second = env_fingerprint(env, spec)
    (tmp_path / "fp_rules.py").write_text(RULES.format("turns = 1"))
    assert len({first, second, env_fingerprint(env, spec)}) == 3
    env.unwrapped.fingerprint = "mine-2"
    assert env_fingerprint(env, spec) == "mine-2"


@pytest.mark.parametrize("before", ["", "hopgym:"])
def test_hopgyms_own_environments_are_told_by_its_version(before):
    spec = f"{before}hopgym/SearchRead-v0"
    assert env_fingerprint(env_of(spec), spec) == ""
