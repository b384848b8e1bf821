import json
from pathlib import Path

import pytest
from sft_runs import settings, workplace
from tiny_llms import causal_lm

from hopgym.agents.llm.loading import load_model
from hopgym.agents.training.policy import (
    check_modules,
    load_policy,
    lora_config,
    merge_adapter,
    precision_here,
    save_policy,
    settle,
)
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("policy"), 2)


def test_lora_has_the_settings_asked_for(place):
    policy = load_policy(settings(place, lora_r=8, lora_dropout=0.25))
    assert (policy.adapter.r, policy.adapter.lora_alpha) == (8, 16)
    assert policy.adapter.lora_dropout == 0.25
    assert lora_config(settings(place, lora_r=8), policy.model, "base").lora_dropout == 0
    assert policy.adapter.target_modules == {"q_proj", "v_proj"}
    everything = load_policy(settings(place, lora_r=4, lora_target_modules="all-linear"))
    assert everything.adapter.target_modules == "all-linear"
    assert load_policy(settings(place)).adapter is None


def test_modules_that_are_not_there_are_refused(place):
    with pytest.raises(ConfigError, match="c_attn, which this model has not; it has: down_proj"):
        load_policy(settings(place, lora_r=8, lora_target_modules="q_proj,c_attn"))
    with pytest.raises(ConfigError, match="has nothing"):
        check_modules(causal_lm(), [])
    with pytest.raises(ConfigError, match="nope"):
        load_policy(settings(place, model_name=str(place / "nope")))


def test_precision_follows_the_device(monkeypatch):
    for available, capability, expected in (
        (False, (0, 0), "float32"), (True, (9, 0), "bfloat16"), (True, (7, 5), "float16"),
    ):  # fmt: skip
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        monkeypatch.setattr(
            torch.cuda, "get_device_capability", lambda capability=capability: capability
        )
        assert precision_here("auto") == expected
        assert precision_here("bfloat16") == "bfloat16"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="float16 needs a GPU"):
        precision_here("float16")


def test_only_lora_s_base_is_kept_in_half_the_size(place):
    half = load_policy(settings(place, lora_r=8, precision="bfloat16"))
    assert next(half.model.parameters()).dtype == torch.bfloat16
    whole = load_policy(settings(place, precision="bfloat16"))
    assert next(whole.model.parameters()).dtype == torch.float32


def test_an_adapter_is_saved_and_merged_without_a_change_in_what_it_says(place, tmp_path):
    policy = load_policy(settings(place, lora_r=4))
    model = peft.get_peft_model(policy.model, policy.adapter).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.fill_(0.05)
    ids = torch.arange(1, 40)[None]
    expected = model(ids).logits
    save_policy(model, policy.tokenizer, tmp_path)
    assert (tmp_path / "adapter_model.safetensors").is_file()
    assert not list(tmp_path.glob("*.bin"))
    merge_adapter(tmp_path)
    assert not (tmp_path / "adapter_config.json").exists()
    merged, tokenizer = load_model(tmp_path, device="cpu")
    assert torch.allclose(merged(ids).logits, expected, atol=1e-4)
    assert tokenizer.encode("Vel") == policy.tokenizer.encode("Vel")
    before = (tmp_path / "model.safetensors").read_bytes()
    merge_adapter(tmp_path)  # nothing to merge any more
    assert (tmp_path / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("nth", [0, 1])
def test_a_kill_between_the_files_of_a_merge_is_made_good(place, tmp_path, monkeypatch, nth):
    policy = load_policy(settings(place, lora_r=4))
    model = peft.get_peft_model(policy.model, policy.adapter)
    save_policy(model, policy.tokenizer, tmp_path)
    unlink, calls = Path.unlink, []

    def killed(file, **more):
        calls.append(file)
        if len(calls) > nth:
            raise KeyboardInterrupt
        unlink(file, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            merge_adapter(tmp_path)
    load_model(tmp_path, device="cpu")  # whole at every moment
    merge_adapter(tmp_path)
    assert not list(tmp_path.glob("adapter*"))


def test_what_libraries_write_is_settled(tmp_path):
    config = tmp_path / "adapter_config.json"
    config.write_text('{"target_modules": ["v_proj", "q_proj"], "r": 4, "modules_to_save": null}')
    (tmp_path / "training_args.bin").write_bytes(b"a pickle")
    settle(tmp_path)
    kept = json.loads(config.read_text())
    assert kept == {"target_modules": ["q_proj", "v_proj"], "r": 4, "modules_to_save": None}
    assert [path.name for path in tmp_path.iterdir()] == ["adapter_config.json"]
    config.unlink()
    settle(tmp_path)  # whole weights have no adapter


def test_a_tokenizer_to_train_with_tells_nothing_of_how_it_was_loaded(place):
    kept = load_policy(settings(place)).tokenizer.init_kwargs
    assert not {"is_local", "local_files_only"} & kept.keys()
