import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_toys import batch, boards, shape, sizes

from hopgym.agents.sb3.checkpoint import load_checkpoint, save_checkpoint
from hopgym.agents.training.listeners import COMPLETE
from hopgym.errors import DataError


def step(policy):
    """One step of the optimizer, by whatever gradient."""
    policy.optimizer.zero_grad()
    policy.predict_values(batch(boards(2)[0])).sum().backward()
    policy.optimizer.param_groups[0]["lr"] = 1e-2
    policy.optimizer.step()


def test_a_policy_goes_on_as_if_it_had_not_stopped(tmp_path):
    policy, again = shape().make(sizes()), shape().make(sizes())
    step(policy)
    folder = tmp_path / "checkpoint-8"
    (tmp_path / "checkpoint-8.part").mkdir()
    save_checkpoint(folder, policy)
    load_checkpoint(folder, again)
    for each in (policy, again):
        step(each)
    ours, theirs = policy.state_dict(), again.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert (folder / COMPLETE).exists() and len(list(tmp_path.iterdir())) == 1


def test_another_policys_is_refused(tmp_path):
    save_checkpoint(tmp_path / "one", shape().make(sizes()))
    with pytest.raises(DataError, match="another shape"):
        load_checkpoint(tmp_path / "one", shape(width=8).make(sizes()))
