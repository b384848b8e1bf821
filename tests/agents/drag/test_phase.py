import math

import pytest
from drag_runs import copied, noise, pretraining, same, settings, world_cases

torch = pytest.importorskip("torch")

from hopgym.agents.drag.parts import new_parts  # noqa: E402
from hopgym.agents.drag.phase import OPTIMIZER, batches  # noqa: E402
from hopgym.agents.drag.pretraining import Pretraining  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402

CASES = world_cases(count=4)


def test_a_step_changes_all_weights_and_tells_what_was_lost(tmp_path):
    phase = pretraining(tmp_path)
    before = copied(phase.parts.retriever)
    told = phase.step(CASES, noise())
    after = copied(phase.parts.retriever)
    assert [name for name in before if torch.equal(before[name], after[name])] == []
    assert told.keys() == {"loss"} and math.isfinite(told["loss"])


def test_the_rate_falls_to_nothing_as_half_a_cosine(tmp_path):
    phase = pretraining(tmp_path, total=4, lr=1.0)
    rates = []
    for _ in range(5):
        rates.append(phase.optimizer.param_groups[0]["lr"])
        phase.optimizer.step()
        phase.scheduler.step()
    assert rates == pytest.approx([0.5 * (1 + math.cos(math.pi * n / 4)) for n in range(5)])


def test_the_steps_are_those_of_adamw_on_clipped_gradients(tmp_path):
    phase, other = (pretraining(tmp_path, max_grad_norm=0.01) for _ in range(2))
    phase.step(CASES, noise())
    weights = list(other.parts.retriever.parameters())
    optimizer = torch.optim.AdamW(weights, lr=1e-2, weight_decay=0.001, fused=True)
    other.train_mode()
    other.losses(CASES, noise())["loss"].backward()
    norm = torch.nn.utils.clip_grad_norm_(weights, 0.01)
    assert norm > 0.01
    optimizer.step()
    assert same(copied(phase.parts.retriever), copied(other.parts.retriever))


class Broken(Pretraining):
    """Loses what is no number, or has a gradient that is none."""

    kind = "loss"

    def losses(self, cases, noise):
        loss = super().losses(cases, noise)["loss"]
        if self.kind == "loss":
            return {"loss": loss * float("nan")}
        return {"loss": loss + (loss - loss.detach()).abs().sqrt()}  # its slope at 0 is infinite


@pytest.mark.parametrize("kind", ["loss", "gradient"])
@pytest.mark.parametrize("most", [0.0, 1.0])
def test_what_is_no_number_changes_nothing(tmp_path, kind, most):
    given = settings(tmp_path, max_grad_norm=most)
    phase = Broken(new_parts(given), given, 4)
    phase.kind = kind
    before = copied(phase.parts.retriever)
    with pytest.raises(AgentError, match=f"{kind} is no finite number. Give a lower lr"):
        phase.step(CASES, noise())
    assert same(before, copied(phase.parts.retriever))


def test_a_checkpoint_goes_on_as_if_nothing_had_been(tmp_path):
    phase = pretraining(tmp_path)
    phase.step(CASES, noise(1))
    phase.memory["x"] = 0.1
    phase.save(tmp_path / "kept")
    held = torch.load(tmp_path / "kept" / OPTIMIZER, weights_only=True)
    assert held.keys() == {"optimizer", "scheduler", "memory"}
    given = settings(tmp_path)
    other = Pretraining(new_parts(given, tmp_path / "kept"), given, 20)
    other.restore(tmp_path / "kept")
    assert other.memory == {"x": 0.1}
    assert phase.step(CASES, noise(2)) == other.step(CASES, noise(2))
    assert same(copied(phase.parts.retriever), copied(other.parts.retriever))
    assert phase.scheduler.get_last_lr() == other.scheduler.get_last_lr()


def test_batches_leave_nothing_out():
    assert list(batches([3, 1, 2, 0], 3)) == [[3, 1, 2], [0]] and list(batches([], 2)) == []
