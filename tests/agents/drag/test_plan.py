import io

import pytest
from tiny_llms import byte_tokenizer, needs_llms

needs_llms()
pytest.importorskip("peft")
from hybrid_llms import NANO, generator_lm, save_generator  # noqa: E402
from rich.console import Console  # noqa: E402

from hopgym.agents.drag.adapting import Lora  # noqa: E402
from hopgym.agents.drag.cli import run  # noqa: E402
from hopgym.agents.drag.plan import (  # noqa: E402
    NEMOTRON,
    config_of,
    count,
    make_plan,
    plan_tables,
    print_plan,
    show_plan,
)
from hopgym.agents.drag.settings import DragSettings  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


@pytest.fixture(scope="module")
def nano():
    return make_plan(lengths=(512,), batches=(1, 4))


def test_the_30b_model_has_the_published_counts(nano):
    """31.6 B in all; 3.2 B active, 3.6 B with embeddings."""
    counts = nano.counts
    assert counts.total == pytest.approx(31.6e9, rel=0.01)
    assert counts.active == pytest.approx(3.2e9, rel=0.02)
    assert counts.active + counts.embeddings == pytest.approx(3.6e9, rel=0.02)
    assert nano.weights == 2 * counts.total
    config = config_of(NEMOTRON[1])
    assert config.hybrid_override_pattern == NANO
    assert [NANO.count(kind) for kind in "ME*"] == [23, 23, 6]


def test_lora_is_resolved_on_the_30b_model(nano):
    assert nano.modules == (
        "q_proj", "k_proj", "v_proj", "o_proj", "in_proj", "up_proj", "down_proj",
    )  # fmt: skip
    hidden, r = 2688, 16
    attention = 2 * (hidden + 32 * 128) + 2 * (hidden + 2 * 128)
    mamba = hidden + 2 * 64 * 64 + 2 * 8 * 128 + 64
    shared = 2 * (hidden + 3712)
    assert nano.counts.trainable == r * (6 * attention + 23 * mamba + 23 * shared)
    assert nano.training == 16 * nano.counts.trainable
    assert "128 to a layer" in nano.note


def test_memory_grows_with_the_batch_and_less_so_with_checkpointing(nano):
    one, four = nano.needs
    assert (four.kept, four.checkpointed) == (4 * one.kept, 4 * one.checkpointed)
    assert one.checkpointed < one.kept / 5
    assert 1 < one.kept / 2**30 < 20


def test_any_folder_can_be_planned_for_and_experts_are_counted_as_chosen(tmp_path):
    folder = save_generator(tmp_path, "nemotron_h", pattern="ME*-M")
    plan = make_plan(folder, lora=Lora(lora_r=4), lengths=(64,), batches=(2,))
    model = generator_lm("nemotron_h", pattern="ME*-M")
    routed = sum(w.numel() for n, w in model.named_parameters() if ".experts." in n)
    assert plan.counts.total == sum(w.numel() for w in model.parameters())
    words = len(byte_tokenizer()) * 32
    assert plan.counts.active == plan.counts.total - words - routed // 2  # 2 of 4
    whole = make_plan(folder, lora=Lora(lora_r=0), lengths=(64,), batches=(2,))
    assert whole.counts.trainable == whole.counts.total == plan.counts.total
    assert (whole.weights, whole.training) == (4 * plan.counts.total, 12 * plan.counts.total)
    assert whole.modules == ()
    tied = count(generator_lm("qwen2").requires_grad_(False))
    assert tied.trainable == 0


def test_it_is_printed(nano):
    parts, sizes = plan_tables(nano)
    assert (parts.row_count, sizes.row_count) == (7, 2)
    text = io.StringIO()
    print_plan(nano, Console(file=text, width=120))
    for words in ("31.58 B", "58.8 GiB", "in_proj", "with checkpointing", "Routed experts (93%"):
        assert words in text.getvalue()


def test_a_folder_s_plan_is_shown(tmp_path):
    text = io.StringIO()
    show_plan(save_generator(tmp_path, "qwen2"), console=Console(file=text, width=150))
    assert "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj" in text.getvalue()
    assert "Routed experts" not in text.getvalue()


def test_the_command_plans_with_the_adapter_that_it_was_told(tmp_path, capsys):
    folder = str(save_generator(tmp_path, "qwen2"))
    run(DragSettings(plan=True, generator_model=folder, lora_target_modules="q_proj"))
    shown = capsys.readouterr().out
    assert "q_proj" in shown and "v_proj" not in shown
    run(DragSettings(plan=True, generator_model=folder, lora_r=0))
    assert "all weights are trained" in " ".join(capsys.readouterr().out.split())


def test_it_says_what_is_wrong(tmp_path):
    with pytest.raises(ConfigError, match="No model folder"):
        make_plan(tmp_path / "nope")
    with pytest.raises(ConfigError, match="has no configuration of a language model"):
        make_plan(tmp_path)
    with pytest.raises(ConfigError, match="out_proj"):
        make_plan(lora=Lora(lora_target_modules="out_proj"), lengths=())
