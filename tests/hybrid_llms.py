"""Hybrids of Mamba and attention, a few thousand numbers small, and folders of them."""

from tiny_llms import byte_tokenizer, causal_lm, needs_llms

needs_llms()
import torch  # noqa: E402
import transformers  # noqa: E402

torch.set_num_threads(1)

NANO = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
"""The layers of Nemotron-3-Nano: Mamba-2, mixture of experts, attention."""


def _sizes(hidden):
    return {
        "vocab_size": len(byte_tokenizer()), "hidden_size": hidden, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": hidden // 4, "intermediate_size": 2 * hidden,
        "max_position_embeddings": 1024, "pad_token_id": 0, "eos_token_id": 2,
    }  # fmt: skip


def _nemotron(pattern="ME*-M", hidden=32, chunk=16):
    config = transformers.NemotronHConfig(
        **_sizes(hidden), hybrid_override_pattern=pattern, ssm_state_size=8, mamba_num_heads=4,
        mamba_head_dim=hidden // 4, n_groups=2, n_routed_experts=4, num_experts_per_tok=2,
        moe_intermediate_size=hidden, moe_shared_expert_intermediate_size=hidden, chunk_size=chunk,
    )  # fmt: skip
    return transformers.NemotronHForCausalLM(config)


def _bamba():
    config = transformers.BambaConfig(
        **_sizes(32), num_hidden_layers=2, attn_layer_indices=[1], mamba_n_heads=4,
        mamba_d_head=16, mamba_n_groups=1, mamba_d_state=8, mamba_chunk_size=16,
    )  # fmt: skip
    return transformers.BambaForCausalLM(config)


def _jamba():
    config = transformers.JambaConfig(
        **{k: v for k, v in _sizes(32).items() if k != "head_dim"}, num_hidden_layers=2,
        attn_layer_period=2, attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1,
        num_experts=2, mamba_d_state=8, mamba_dt_rank=4, use_mamba_kernels=False,
    )  # fmt: skip
    return transformers.JambaForCausalLM(config)


HYBRIDS = {"nemotron_h": _nemotron, "bamba": _bamba, "jamba": _jamba}


def generator_lm(family, seed=0, spread=3.0, slow=False, **sizes):
    """A model, a hybrid or not, whose next tokens are neither certain nor all alike.

    Args:
        family: One of `HYBRIDS` or of `tiny_llms.FAMILIES`.
        seed: Of its weights.
        spread: What matrices are multiplied by.
        slow: Whether the states of Mamba layers last for a hundred tokens.
        sizes: Of `nemotron_h`.
    """
    if family not in HYBRIDS:
        return causal_lm(family, seed, spread)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        model = HYBRIDS[family](**sizes)
        for name, weights in model.named_parameters():
            if weights.dim() >= 2 and "conv1d" not in name and "A_log" not in name:
                weights.mul_(spread)
            if slow and name.endswith("A_log"):
                weights.fill_(-1.0)
            if slow and name.endswith("dt_bias"):
                weights.fill_(-3.0)
    model.generation_config.eos_token_id = None
    return model.eval()


def save_generator(folder, family, seed=0, **options):
    """A folder as `save_pretrained` writes it."""
    generator_lm(family, seed, **options).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder
