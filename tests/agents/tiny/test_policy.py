import subprocess
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

import hopgym
from hopgym.agents import make_agent
from hopgym.agents.llm.loading import load_tokenizer
from hopgym.agents.model_folder import read_model_folder
from hopgym.agents.tiny import policy
from hopgym.agents.tiny.exam import exam
from hopgym.agents.tiny.model import TinyConfig
from hopgym.agents.tiny.policy import CHECKPOINT, TinyAgent, playing, tiny_agent
from hopgym.agents.tiny.saving import save
from hopgym.agents.tiny.tokenizer import train_tokenizer, world_texts
from hopgym.agents.tiny.train import TrainConfig, Training
from hopgym.envs.datasets.world import World
from hopgym.errors import ConfigError, MissingExtraError
from hopgym.files import parse_json, read_text

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
OBSERVATION = ["The question: Who is the author of Vel?"]
INFO = [{"question_id": "q", "step": 0, "turn": 1, "grammar": "r3", "question": "Who?"}]


@pytest.fixture(scope="module")
def training():
    tokenizer = train_tokenizer(OBSERVATION * 3, 400)
    size = TinyConfig(layers=2, width=16, heads=2, feed_forward=16)
    return Training(TrainConfig(model=size, threads=1, steps=1), tokenizer)


@pytest.fixture(scope="module")
def made():
    return parse_json(read_text(CHECKPOINT / "hopgym.json"), "hopgym.json")["made"]


def test_the_built_in_one_is_right_on_worlds_it_never_saw(capfd):
    world = World(seed=3_000_017, hops="1-2", dev=64, train=0, test=0)
    marks = exam(make_agent("tiny"), world)
    assert (marks["1 hop"].questions, marks["2 hops"].questions) == (16, 48)
    assert marks["1 hop"].em >= 0.8 and marks["2 hops"].em >= 0.65
    assert marks["all"].format >= 0.98
    assert capfd.readouterr() == ("", "")  # no bars, and nothing of missing kernels


@pytest.mark.slow
def test_another_process_writes_the_same():
    code = (
        "import sys; from hopgym.agents.tiny.lessons import play; "
        "from hopgym.agents import make_agent; from hopgym.envs.datasets.world import World; "
        "w = World(seed=5, entities=200, hops='2', dev=4, train=0, test=0); "
        "ids = [q.id for q in w.questions('dev')]; "
        "written = '|'.join(s.action for e in play(w, 'dev', ids, make_agent('tiny')) "
        "for s in e.trajectory.steps)"
    )
    here: dict[str, str] = {}
    exec(code, here)
    other = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.stdout.write(written)"],
        capture_output=True,
        check=True,
    )
    assert other.stdout.decode() == here["written"]
    assert here["written"].count("The retrieval query:") >= 4
    assert other.stderr == b""


def test_the_built_in_one_is_small_and_whole():
    files = {file.name: file.stat().st_size for file in CHECKPOINT.iterdir()}
    assert sum(files.values()) < 10_000_000
    assert files.keys() >= {"model.safetensors", "config.json", "tokenizer.json", "curve.json"}
    assert read_model_folder(CHECKPOINT).kind == "tiny"


def test_all_of_it_is_in_the_package():
    root = Path(hopgym.__file__).parent
    setup = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    (pattern,) = setup["package-data"]["hopgym.agents.tiny"]
    packed = set(CHECKPOINT.parent.glob(pattern))
    assert packed == set(CHECKPOINT.iterdir()) and len(packed) >= 7


def test_its_record_is_of_the_command_as_it_is(made):
    assert made["command"] == "hopgym train tiny --output_dir tiny"
    assert made["training"] == asdict(TrainConfig())
    assert (made["step"], made["parameters"]) == (TrainConfig.steps, 1_215_424)
    assert made["tokens"] > 1e7 and made["versions"]["torch"]
    assert made["marks"]["all"]["questions"] == 800
    curve = parse_json(read_text(CHECKPOINT / "curve.json"), "curve.json")
    assert [point["step"] for point in curve] == list(range(50, 6_001, 50))
    assert curve[-1]["exam"] == {k: v for k, v in made["marks"].items() if k != "step"}


def test_its_tokenizer_is_the_one_that_the_seed_gives():
    config = TrainConfig()
    trained = train_tokenizer(world_texts(config.seed), config.vocabulary)
    held = load_tokenizer(CHECKPOINT)
    assert trained.get_vocab() == held.get_vocab()
    text = "The question: Who is the author of Vel?\nÄ"
    assert trained.encode(text) == held.encode(text)


def test_a_saved_policy_plays_as_it_did_in_memory(training, tmp_path):
    save(training, tmp_path)
    agent = tiny_agent(model=str(tmp_path))
    assert agent.name == tmp_path.name and tiny_agent(model=str(tmp_path), name="me").name == "me"
    written = agent.act(OBSERVATION, INFO)
    assert written == playing(training.model, training.tokenizer).act(OBSERVATION, INFO)
    assert written[0]
    assert make_agent(tmp_path).act(OBSERVATION, INFO) == written
    assert isinstance(make_agent(f"tiny?model={tmp_path}"), TinyAgent)


def test_what_tells_it_from_others_is_in_its_weights(training, tmp_path):
    save(training, tmp_path)
    prints = {agent.fingerprint for agent in (tiny_agent(), tiny_agent(model=str(tmp_path)))}
    assert len(prints | {tiny_agent(temperature=0.5).fingerprint}) == 3
    assert tiny_agent().fingerprint in prints and "" not in prints


def test_it_plays_on_one_core_and_leaves_the_setting(training):
    torch.set_num_threads(2)
    agent, used = playing(training.model, training.tokenizer), []
    hook = training.model.register_forward_hook(lambda *given: used.append(torch.get_num_threads()))
    try:
        agent.act(OBSERVATION, INFO)
        assert set(used) == {1} and torch.get_num_threads() == 2
    finally:
        hook.remove()
        torch.set_num_threads(1)


def test_another_grammar_is_refused():
    with pytest.raises(ConfigError, match=r"'tiny' knows the grammar 'r3' alone.* in 'dag'"):
        tiny_agent().act([""], [{**INFO[0], "grammar": "dag"}])


def test_no_folder_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"Train one: hopgym train tiny --output_dir"):
        tiny_agent(model=str(tmp_path / "none"))


def test_without_the_libraries_the_extra_is_told(monkeypatch):
    monkeypatch.setattr(policy, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[llm\]"'):
        make_agent("tiny")
