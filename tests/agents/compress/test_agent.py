import gymnasium
import pytest
from compress_runs import WORLD, compressor

import hopgym  # noqa: F401
from hopgym.agents import make_agent
from hopgym.agents.compress.cache import precompute
from hopgym.agents.compress.saving import save_compressor
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError

ENVS = ["hopgym/SearchRead-v0"] + ["hopgym/RAG-v0"] * ("hopgym/RAG-v0" in gymnasium.registry)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "mine"
    save_compressor(compressor(), folder, {})
    return folder


def play(agent, env_id="hopgym/SearchRead-v0", lanes=3):
    jobs = [Job(question.id) for question in make_questions(WORLD).questions("dev")[:4]]
    kwargs = {"questions": WORLD, "split": "dev", "top_k": 2}
    return list(rollout(env_id, agent, jobs, env_kwargs=kwargs, num_envs=lanes))


@pytest.mark.parametrize("env_id", ENVS)
def test_it_asks_reads_and_answers(model, env_id):
    agent = make_agent(f"compress?model={model}&expand=0.25&device=cpu")
    episodes = play(agent, env_id)
    assert [episode.error for episode in episodes] == [None] * 4
    assert all(not s.parse_error for e in episodes for s in e.trajectory.steps)
    last = episodes[0].trajectory.steps[-1].action
    assert "chunks" in last or env_id.endswith("RAG-v0")
    alone = play(agent, env_id, lanes=1)
    assert [e.trajectory.prediction for e in alone] == [e.trajectory.prediction for e in episodes]


def test_a_folder_s_path_is_a_name_and_plain_reading_an_option(model):
    agent = make_agent(model, device="cpu", expand=1.0)
    assert agent.name == "mine" and agent.expand == 1.0
    usual = make_agent(model, device="cpu")
    assert usual.expand == usual.compressor.shape.expand
    assert agent.fingerprint != usual.fingerprint and not play(agent)[0].error


def test_with_a_cache_beside_it_nothing_of_a_document_is_encoded(model, tmp_path):
    precompute(tmp_path, model, make_questions(WORLD).documents, device="cpu")
    agent, seen = make_agent(f"compress?model={model}&cache={tmp_path}&device=cpu"), []
    agent.compressor.encoder.register_forward_hook(lambda m, g, out: seen.extend(g[0]))
    episodes = play(agent)
    questions = [q.text for q in make_questions(WORLD).questions("dev")[:4]]
    chunker = agent.compressor.rows.chunker
    asked = {c for q in questions for c in chunker.of_ids(chunker.codec.encode(q))}
    assert not any(episode.error for episode in episodes) and set(seen) <= asked


def test_what_cannot_play_is_told(model, tmp_path):
    with pytest.raises(ConfigError, match="holds no compressor"):
        make_agent(f"compress?model={tmp_path}")
    with pytest.raises(ConfigError, match="expand is 2"):
        make_agent(f"compress?model={model}&expand=2")
    with pytest.raises(ConfigError, match="has no vectors of chunks of 4 tokens"):
        make_agent(f"compress?model={model}&cache={tmp_path}&device=cpu")


def test_a_policy_that_was_trained_on_is_another_agent(tmp_path):
    made, spec = compressor(), f"compress?model={tmp_path}&device=cpu"
    save_compressor(made, tmp_path, {})
    before = make_agent(spec).fingerprint
    assert make_agent(spec).fingerprint == before
    made.policy.exit.weight.data.fill_(0.5)
    save_compressor(made, tmp_path, {})
    trained = make_agent(spec).fingerprint
    save_compressor(compressor(expand=0.5), tmp_path, {})
    assert len({before, trained, make_agent(spec).fingerprint}) == 3
