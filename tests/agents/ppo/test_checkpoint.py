import numpy as np
import pytest
from ppo_samples import samples
from tiny_llms import causal_lm, needs_llms

from hopgym.errors import DataError

needs_llms()
import torch  # noqa: E402

from hopgym.agents.ppo.actor import Actor, split  # noqa: E402
from hopgym.agents.ppo.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from hopgym.agents.ppo.learner import Learner  # noqa: E402
from hopgym.agents.ppo.settings import LearnSettings  # noqa: E402
from hopgym.agents.training.listeners import COMPLETE  # noqa: E402


def learner(model=None, **changes):
    given = {"lr": 1e-3, "value_lr": 1e-3, "kl_coef": 0.0, "precision": "float32"}
    settings = LearnSettings(**{**given, **changes})
    actor = Actor(model or causal_lm(spread=1.0), values=settings.algorithm == "ppo")
    return Learner(actor, settings, 4)


def learn(one, update):
    several = samples(np.random.default_rng(update), 300, 4)
    with torch.no_grad():
        for each, logprobs in split(several, one.actor.read(several).logprobs):
            each.logprobs = logprobs
    return one.learn(several, update)


def adapted(seed=0):
    peft = pytest.importorskip("peft")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return peft.get_peft_model(
            causal_lm(spread=1.0), peft.LoraConfig(r=2, target_modules=["q_proj"])
        )


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("algorithm", ["ppo", "reinforce++"])
def test_learning_goes_on_as_if_it_had_not_stopped(tmp_path, lora, algorithm):
    def begun():
        return learner(adapted() if lora else None, algorithm=algorithm)

    whole = begun()
    figures = [learn(whole, update) for update in range(3)]
    first, second = begun(), begun()
    for update in range(2):
        learn(first, update)
    save_checkpoint(tmp_path / "checkpoint-2", first, {"guard": {"updates": 2}})
    assert load_checkpoint(tmp_path / "checkpoint-2", second) == {"guard": {"updates": 2}}
    assert learn(second, 2) == figures[2]
    for left, right in zip(
        [*whole.actor.parameters(), *whole.actor.head_parameters()],
        [*second.actor.parameters(), *second.actor.head_parameters()],
        strict=True,
    ):
        assert torch.equal(left, right)


def test_it_holds_what_is_trained_and_nothing_that_could_run(tmp_path):
    from safetensors.torch import load_file

    one = learner(adapted())
    learn(one, 0)
    save_checkpoint(tmp_path / "c", one, {})
    files = sorted(file.name for file in (tmp_path / "c").iterdir())
    assert files == [
        COMPLETE, "head.safetensors", "optimizer.pt", "state.json", "weights.safetensors"
    ]  # fmt: skip
    held = load_file(tmp_path / "c" / "weights.safetensors")
    assert held and all("lora_" in name for name in held)
    torch.load(tmp_path / "c" / "optimizer.pt", weights_only=True)


def test_what_a_killed_run_left_is_replaced(tmp_path):
    one = learner()
    for name in ("checkpoint-1", "checkpoint-1.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rest").touch()
    save_checkpoint(tmp_path / "checkpoint-1", one, {})
    assert [folder.name for folder in tmp_path.iterdir()] == ["checkpoint-1"]
    assert not (tmp_path / "checkpoint-1" / "rest").exists()


def test_it_takes_its_name_only_when_it_is_whole(tmp_path, monkeypatch):
    def fails(*given):
        raise OSError("no space")

    monkeypatch.setattr(torch, "save", fails)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(tmp_path / "checkpoint-1", learner(), {})
    assert not (tmp_path / "checkpoint-1").exists()


def test_the_checkpoint_of_another_model_is_refused(tmp_path):
    save_checkpoint(tmp_path / "c", learner(adapted()), {})
    with pytest.raises(DataError, match=r"of another model\. Give another --output_dir"):
        load_checkpoint(tmp_path / "c", learner())
    other = learner(causal_lm("llama"))
    before = [weights.clone() for weights in other.actor.parameters()]
    with pytest.raises(DataError, match="another model"):
        load_checkpoint(tmp_path / "c", other)
    assert all(map(torch.equal, before, other.actor.parameters()))
