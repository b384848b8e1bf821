import subprocess
import sys

import gymnasium
import pytest
from tiny_llms import CHAT, byte_tokenizer, causal_lm, needs_llms, save_causal_lm
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.llm.agent import LLMAgent, llm_agent
from hopgym.agents.llm.generator import Generation, LateGenerator
from hopgym.agents.llm.prompts import Prompts
from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.transformers_generator import TransformersGenerator
from hopgym.agents.model_folder import write_model_folder
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.grammars import make_grammar
from hopgym.envs.spaces import UnicodeText
from hopgym.errors import AgentError, ConfigError

needs_llms()
READ = "hopgym/SearchRead-v0"
R3 = make_grammar("r3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_causal_lm(tmp_path_factory.mktemp("models") / "small", chat_template=CHAT)


def agent(temperature=1.0, tokens=30, **settings):
    sampling = Sampling(max_new_tokens=tokens, temperature=temperature)
    return LLMAgent(TransformersGenerator(causal_lm(), byte_tokenizer(), sampling), **settings)


def actions(agent, jobs=("q1", "q2", "q1"), num_envs=2, seed=0, **changes):
    kwargs = toy_kwargs(**{"grammar": "search_r1", "max_steps": 3, **changes})
    played = rollout(
        READ, agent, [Job(q, n) for n, q in enumerate(jobs)], env_kwargs=kwargs,
        num_envs=num_envs, seed=seed,
    )  # fmt: skip
    found = {episode.job: [step.action for step in episode.trajectory.steps] for episode in played}
    return [found[Job(q, n)] for n, q in enumerate(jobs)]


class Scripted:
    """Answers as a model would that has learnt the format; keeps the prompts it saw."""

    tokenizer = byte_tokenizer()

    def __init__(self):
        self.prompts, self.stops = [], []

    def generate(self, prompts, rngs, stop):
        self.prompts.append([self.tokenizer.decode(prompt) for prompt in prompts])
        self.stops.append(stop)
        return [self.write(said) for said in self.prompts[-1]]

    def write(self, said):
        known = "documents" in said
        text = R3.write_answer(2, "K.", "Tessa") if known else R3.write_query(1, "L.", "film")
        return Generation([], [], text, text, "eos")


def test_it_plays_with_what_its_generator_writes():
    model = Scripted()
    jobs = [Job("q1"), Job("q2")]
    episodes = list(rollout(READ, LLMAgent(model), jobs, env_kwargs=toy_kwargs(), num_envs=2))
    assert {e.job.question_id: e.metrics["em"] for e in episodes} == {"q1": 1.0, "q2": 0.0}
    first, second = model.prompts
    assert [len(first), len(second)] == [2, 2]  # one batch for all
    assert first[0] == "The question: Where was the director of Vel born?\n"
    assert "\nThe retrieval documents:\nVel | Vel is a film" in second[0] and second[0][-1] == "\n"
    assert model.stops[0].strings == ("\nThe retrieval documents:",)


def test_a_model_with_random_weights_plays_every_environment():
    for env, changes in ((READ, {}), (READ, {"grammar": "search_r1"}),
                         ("hopgym/DagSearch-v0", {"max_steps": 2})):  # fmt: skip
        kwargs = toy_kwargs(**changes)
        played = list(rollout(env, agent(), [Job("q1"), Job("q2")], env_kwargs=kwargs))
        assert [e.error for e in played] == [None, None]
        assert all(e.trajectory.outcome != "running" for e in played)


def test_what_it_samples_follows_seed_question_and_step_and_no_batch():
    alone, together = actions(agent(), num_envs=1), actions(agent(), num_envs=3)
    assert alone == together and alone[0] == alone[2] != alone[1]
    assert alone != actions(agent(), seed=1)
    assert actions(agent(temperature=0), seed=1) == actions(agent(temperature=0), seed=2)
    assert len(set(alone[0])) == 3  # each step is drawn anew


def test_it_plays_any_environment_of_text():
    class Upper(gymnasium.Env):
        action_space = observation_space = UnicodeText(100)

        def reset(self, *, seed=None, options=None):
            return "Which?", {}

        def step(self, action):
            info = {"reward_terms": {}, "metrics": {"length": float(len(action))}}
            return "", 0.0, True, False, info

    gymnasium.register("toy/Upper-v0", Upper, disable_env_checker=True)
    try:
        (episode,) = rollout("toy/Upper-v0", agent(), [Job("q1")])
    finally:
        del gymnasium.registry["toy/Upper-v0"]
    assert episode.metrics["length"] > 0
    with pytest.raises(AgentError, match="this observation is a int"):
        agent().act([3], [{}])
    assert agent().act([], []) == []


def test_a_folder_is_loaded_when_it_first_plays_and_plays_as_its_model(folder):
    made = make_agent(f"llm?model={folder}&temperature=1&max_new_tokens=30")
    assert isinstance(made.generator, LateGenerator) and "loaded" not in vars(made.generator)
    assert made.name == "small"
    assert actions(made) == actions(agent())


def test_options_reach_the_model(folder):
    options = {"top_p": 0.9, "batch_size": 2, "context": 300, "dtype": "bfloat16", "name": "mine",
               "prompt": "chat", "instructions": False, "device": "cpu"}  # fmt: skip
    made = make_agent("llm", model=str(folder), **options)
    loaded = made.generator.loaded
    assert loaded.sampling == Sampling(temperature=0, top_p=0.9, max_new_tokens=256)
    assert (loaded.batch_size, loaded.room, str(loaded.model.dtype)) == (2, 44, "torch.bfloat16")
    assert made.prompts == Prompts(style="chat", instructions=False) and made.name == "mine"


@pytest.mark.slow
def test_a_trained_folder_is_named_by_its_path_alone(folder, tmp_path, monkeypatch):
    trained = save_causal_lm(tmp_path / "trained")
    options = {"temperature": 1.0, "max_new_tokens": 30}
    write_model_folder(trained, "llm", options)
    for spec in (trained, str(trained), f"{trained}?name=other", f"{trained}/"):
        made = make_agent(spec)
        assert actions(made) == actions(agent())
    assert make_agent(f"{trained}?name=other").name == "other"
    assert make_agent(trained, temperature=0.5).fingerprint != make_agent(trained).fingerprint
    monkeypatch.chdir(tmp_path)
    assert make_agent("trained").name == "trained"


def test_a_fingerprint_tells_weights_and_settings_apart_and_no_place(folder, tmp_path):
    import shutil

    moved = shutil.copytree(folder, tmp_path / "moved")
    other = save_causal_lm(tmp_path / "other", seed=1, chat_template=CHAT)
    prints = [
        llm_agent(model=str(model), **settings).fingerprint
        for model, settings in [
            (folder, {}), (moved, {}), (other, {}), (folder, {"temperature": 1.0}),
            (folder, {"prompt": "chat"}), (folder, {"batch_size": 3}),
        ]
    ]  # fmt: skip
    assert prints[0] == prints[1] == prints[5] and len(set(prints)) == 4
    assert agent().fingerprint == ""


def test_mistakes_are_told_before_anything_is_loaded(folder):
    for spec, message in (
        ("llm", "needs a model: write 'llm\\?model=FOLDER'"),
        ("llm?model=./none", "No model folder"),
        (f"llm?model={folder}&temprature=1", "Did you mean 'temperature'"),
        (f"llm?model={folder}&temperature=-1", "temperature is -1"),
        (f"llm?model={folder}&prompt=shout", "prompt is 'plain' or 'chat' or 'chat_whole'"),
        (f"llm?model={folder}&dtype=int8", "dtype is 'auto' or"),
    ):
        with pytest.raises(ConfigError, match=message):
            make_agent(spec)


def test_the_package_and_its_agents_are_made_without_the_heavy_libraries(folder):
    code = (
        "import sys; from hopgym.agents import make_agent; import hopgym.agents.llm\n"
        f"make_agent('llm?model={folder}')\n"
        "print([m for m in ('torch', 'transformers', 'peft', 'vllm') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
