import gymnasium
import numpy as np
import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_toys import SLOTS, WORLD, boards, shape, sizes

from hopgym.agents import make_agent
from hopgym.agents.base import Agent
from hopgym.agents.rollout import Job, rollout
from hopgym.agents.sb3.agent import SB3Agent
from hopgym.agents.sb3.saving import save_policy
from hopgym.errors import AgentError, ConfigError, DataError
from hopgym.retrieval.encoders import make_encoder

torch.set_num_threads(1)
ENV = "hopgym/KGSubgraph-v0"
KEYWORDS = {"questions": WORLD, "observation": "padded", "top_k": 16, "mode": "sequential"}


def saved(folder, **changes):
    """The folder of a policy that learnt nothing."""
    made = shape(**changes)
    torch.manual_seed(0)
    save_policy(made.make(sizes()), made, folder, {})
    return folder


def saved_for_the_real_one(folder):
    made = shape(
        dim=256,
        relation_ids=4096,
        top_k=16,
        encoder_fingerprint=make_encoder("hashing").fingerprint,
    )
    save_policy(made.make(sizes(16) | {"question": (256,)}), made, folder, {})


def agent(folder, **changes):
    return make_agent(saved(folder, **changes))


@pytest.mark.parametrize("algorithm", ["maskable_ppo", "ppo"])
@pytest.mark.parametrize("mode", ["sequential", "one_shot"])
def test_a_folder_plays_the_same_alone_and_in_batches(mode, algorithm, tmp_path):
    player = agent(tmp_path, mode=mode, algorithm=algorithm)
    assert isinstance(player, Agent) and player.name == tmp_path.name
    player.reset(1)
    seen, told = boards(5, mode=mode)
    together = player.act(seen, told)
    alone = [player.act([one], [info])[0] for one, info in zip(seen, told, strict=True)]
    assert all(np.array_equal(*pair) for pair in zip(together, alone, strict=True))
    if mode == "sequential":
        assert all(type(action) is int for action in together)
        assert all(info["action_mask"][action] for action, info in zip(together, told, strict=True))
    else:
        assert together[0].shape == (SLOTS,) and together[0].dtype == np.int8
    assert player.act([], []) == []


def test_the_pointer_plays_with_any_number_of_slots(tmp_path):
    player = agent(tmp_path)
    few, many = boards(3), boards(3, slots=40)
    stops = {SLOTS: "stop", 40: "stop"}
    first, second = player.act(*few), player.act(*many)
    assert [stops.get(a, a) for a in first] == [stops.get(a, a) for a in second]


def test_the_stock_head_knows_its_own_number_alone(tmp_path):
    player = agent(tmp_path, head="stock")
    assert len(player.act(*boards(2))) == 2
    with pytest.raises(AgentError, match="knows 14 slots and no other number; it was shown 40"):
        player.act(*boards(2, slots=40))


def test_it_plays_the_real_environment(tmp_path):
    saved_for_the_real_one(tmp_path)
    env = gymnasium.make(ENV, split="test", **KEYWORDS)
    ids = [question.id for question in env.unwrapped.question_set.questions("test")]
    kwargs = {**KEYWORDS, "split": "test"}
    played = [
        {e.job.question_id: e.reward for e in rollout(
            ENV, tmp_path, map(Job, ids), env_kwargs=kwargs, num_envs=lanes)}
        for lanes in (1, 4)
    ]  # fmt: skip
    assert played[0] == played[1] and len(played[0]) == len(ids)


def test_it_plays_graphs_as_it_plays_padded_arrays(tmp_path):
    saved_for_the_real_one(tmp_path)
    jobs = [Job(f"world-0-test-{n}") for n in range(8)]
    played = [
        [e.trajectory.steps for e in rollout(
            ENV, tmp_path, jobs, env_kwargs={**KEYWORDS, "split": "test", "observation": form})]
        for form in ("padded", "graph")
    ]  # fmt: skip
    assert played[0] == played[1] and any(len(steps) > 1 for steps in played[0])


def test_other_environments_are_refused(tmp_path):
    saved_for_the_real_one(tmp_path)
    player = make_agent(tmp_path)

    def bind(**changes):
        player.bind(gymnasium.make(ENV, **{**KEYWORDS, **changes}))

    bind()
    bind(top_k=8)
    bind(encoder="hashing?dim=256")
    bind(observation="graph")
    with pytest.raises(AgentError, match=r"plays arrays, .* shows 'text'.*observation='graph'"):
        bind(observation="text")
    with pytest.raises(AgentError, match=r"trained with mode='sequential', and .* 'one_shot'"):
        bind(mode="one_shot")
    with pytest.raises(AgentError, match=r"trained with relation_ids=4096, and .* 50"):
        bind(relation_ids=50)
    with pytest.raises(AgentError, match="trained with encoder='hashing'"):
        bind(encoder="hashing?dim=64")
    with pytest.raises(AgentError, match="selects facts of a graph"):
        next(rollout("hopgym/SearchRead-v0", player, [Job("x")]))


def test_other_observations_are_refused(tmp_path):
    player = agent(tmp_path)
    (seen,), told = boards(1)
    with pytest.raises(AgentError, match=r"it was shown neither \(str\)\. Make the environment"):
        player.act(["Question: who?"], told)
    with pytest.raises(AgentError, match=r"it was shown neither \(dict\)"):
        player.act([{"graph": None}], told)
    with pytest.raises(AgentError, match=r"trained with 16 numbers for .*; it was shown 9 numbers"):
        player.act([{**seen, "question": np.zeros(9)}], told)
    with pytest.raises(AgentError, match=r"1 for a fact .* shown .* 3 for a fact .* encoder 'hash"):
        player.act([{**seen, "edge_feat": np.zeros((SLOTS, 3))}], told)
    with pytest.raises(AgentError, match="relation_ids=8, and was shown the relation 50"):
        player.act([{**seen, "edge_type": np.full(SLOTS, 50)}], told)
    with pytest.raises(AgentError, match="the environment's infos have no 'action_mask'"):
        player.act([seen], [{}])


def test_a_folder_without_a_policy_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"write 'sb3\?model=FOLDER'"):
        make_agent("sb3")
    saved(tmp_path)
    (tmp_path / "policy.safetensors").unlink()
    with pytest.raises(DataError, match="the folder holds no trained policy"):
        make_agent(tmp_path)


def test_it_says_what_it_is(tmp_path):
    assert repr(SB3Agent(shape(), None)) == "SB3Agent(pointer, maskable_ppo, sequential)"
    assert make_agent(saved(tmp_path), name="mine").name == "mine"
