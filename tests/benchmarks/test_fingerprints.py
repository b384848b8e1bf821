import functools
import shutil

import pytest

from hopgym.agents import make_agent
from hopgym.benchmarks import fingerprints
from hopgym.benchmarks.fingerprints import agent_fingerprint, part_fingerprint
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
