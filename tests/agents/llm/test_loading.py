import json
import shutil
import warnings

import pytest
from tiny_llms import byte_tokenizer, causal_lm, needs_llms, save_causal_lm

from hopgym.agents.llm.loading import (
    BUILT_IN,
    check_model,
    files_fingerprint,
    folders_of,
    is_adapter,
    load_model,
)
from hopgym.errors import ConfigError

needs_llms()
import torch  # noqa: E402

IDS = torch.tensor([[5, 6, 7]])


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def adapter_in(folder, base, own_tokenizer=False):
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = peft.get_peft_model(load_model(base)[0], config)
    model.peft_config["default"].base_model_name_or_path = str(base)
    model.save_pretrained(folder)
    if own_tokenizer:
        byte_tokenizer().save_pretrained(folder)
    return model.eval()


@pytest.mark.parametrize("family", ["qwen2", "llama"])
def test_a_saved_model_is_loaded_as_it_was(tmp_path, family):
    model, tokenizer = load_model(check_model(save_causal_lm(tmp_path, family)))
    assert torch.equal(logits(model), logits(causal_lm(family))) and not model.training
    assert tokenizer.encode("Vel film") == byte_tokenizer().encode("Vel film")
    assert folders_of(tmp_path) == [tmp_path]


def test_numbers_and_place_are_chosen(tmp_path):
    save_causal_lm(tmp_path)
    assert load_model(tmp_path)[0].dtype == torch.float32
    model, _ = load_model(tmp_path, dtype="bfloat16", device="cpu")
    assert model.dtype == torch.bfloat16 and model.device.type == "cpu"
    with pytest.raises(ConfigError, match="could not be loaded as a model that can be moved to 'm"):
        load_model(tmp_path, device="moon")


@pytest.mark.parametrize("own_tokenizer", [False, True])
def test_an_adapter_is_merged_into_its_base(tmp_path, own_tokenizer):
    base = save_causal_lm(tmp_path / "base")
    wrapped = adapter_in(tmp_path / "lora", base, own_tokenizer)
    folder = check_model(tmp_path / "lora")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what libraries think of each other is not told
        model, tokenizer = load_model(folder)
    assert torch.allclose(logits(model), logits(wrapped), atol=1e-4)
    assert not torch.allclose(logits(model), logits(load_model(base)[0]), atol=1e-2)
    assert type(model) is type(causal_lm()) and tokenizer.eos_token == "<|im_end|>"
    assert is_adapter(folder) and folders_of(folder) == [folder, base]


def test_a_fingerprint_is_of_what_is_loaded_and_of_nothing_else(tmp_path):
    one = save_causal_lm(tmp_path / "one")
    before = files_fingerprint(one)
    (one / "checkpoints").mkdir()
    for record in ("run.json", "hopgym.json", "README.md", "checkpoints/model.safetensors"):
        (one / record).write_text("{}")
    assert files_fingerprint(one) == before
    for name in ("config.json", "tokenizer_config.json", "chat_template.jinja"):
        changed = shutil.copytree(one, tmp_path / name)
        with open(changed / name, "a") as stream:
            stream.write(" ")
        assert files_fingerprint(changed) != before
    assert files_fingerprint(save_causal_lm(tmp_path / "two", seed=1)) != before


def test_an_adapters_fingerprint_follows_its_settings_and_no_path(tmp_path):
    adapter_in(tmp_path / "lora", save_causal_lm(tmp_path / "base"))
    before = files_fingerprint(tmp_path / "lora")
    file = tmp_path / "lora" / "adapter_config.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps({**settings, "base_model_name_or_path": "../base"}))
    assert files_fingerprint(tmp_path / "lora") == before
    file.write_text(json.dumps({**settings, "lora_alpha": 99}))
    assert files_fingerprint(tmp_path / "lora") != before


def test_an_adapters_base_may_lie_beside_it(tmp_path):
    base = save_causal_lm(tmp_path / "base")
    adapter_in(tmp_path / "lora", base)
    settings = json.loads((tmp_path / "lora" / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = "../base"
    (tmp_path / "lora" / "adapter_config.json").write_text(json.dumps(settings))
    assert load_model(check_model(tmp_path / "lora"))[0].config.hidden_size == 32


def test_an_adapter_without_its_base_is_told(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "gone/model"}')
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(
        ConfigError, match=r"its base model 'gone/model' cannot be used: .*Mend base"
    ):
        check_model(tmp_path)


def test_an_adapter_of_an_adapter_is_merged_into_both(tmp_path):
    base = save_causal_lm(tmp_path / "base")
    adapter_in(tmp_path / "one", base, own_tokenizer=True)
    wrapped = adapter_in(tmp_path / "two", tmp_path / "one")
    assert folders_of(tmp_path / "two") == [tmp_path / name for name in ("two", "one", "base")]
    model, tokenizer = load_model(check_model(tmp_path / "two"))
    assert torch.allclose(logits(model), logits(wrapped), atol=1e-4)
    assert not torch.allclose(logits(model), logits(load_model(tmp_path / "one")[0]), atol=1e-2)
    assert tokenizer.name_or_path == str(tmp_path / "one")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"base_model_name_or_path": "../lora"}, "'lora' cannot be used: it is an adapter that n"),
        ({"megatron_config": {"a": 1}, "megatron_core": "theirs"}, "sets 'megatron_config', by"),
    ],
)
def test_an_adapter_of_itself_or_with_a_module_is_refused(tmp_path, settings, told):
    folder = tmp_path / "lora"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    for read in (check_model, folders_of):
        with pytest.raises(ConfigError, match=told):
            read(folder)


def test_only_safetensors_are_read(tmp_path):
    save_causal_lm(tmp_path)
    (weights,) = tmp_path.glob("*.safetensors")
    weights.unlink()
    torch.save(causal_lm().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="has no weights in safetensors; others could run code"):
        check_model(tmp_path)
    with pytest.raises(ConfigError, match="could not be loaded as a causal language model"):
        load_model(tmp_path)


def test_a_model_without_all_of_its_weights_is_refused(tmp_path, capfd):
    save_causal_lm(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    settings["num_hidden_layers"] += 1
    settings["layer_types"] = ["full_attention"] * settings["num_hidden_layers"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    capfd.readouterr()
    with pytest.raises(ConfigError, match=r"lacks 12 of its weights, such as model\.layers\.2\."):
        load_model(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_weights_that_are_tied_are_not_missed(tmp_path):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    sizes = {"vocab_size": 400, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    config = Qwen2Config(**sizes, num_attention_heads=2, tie_word_embeddings=True)
    Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    byte_tokenizer().save_pretrained(tmp_path)
    model, _ = load_model(check_model(tmp_path))
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_no_code_of_a_model_is_run(tmp_path):
    save_causal_lm(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    settings |= {"model_type": "mine", "auto_map": {"AutoModelForCausalLM": "evil.Model",
                                                    "AutoConfig": "evil.Config"}}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "evil.py").write_text("open('ran', 'w')\nraise SystemExit")
    with pytest.raises(ConfigError, match="could not be loaded as a causal language model"):
        load_model(check_model(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no model: it has neither a config"):
        check_model(tmp_path)
    with pytest.raises(ConfigError, match="No model folder '"):
        check_model("./none")
    save_causal_lm(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ConfigError, match="could not be loaded as a tokenizer"):
        load_model(tmp_path)


def test_the_built_in_model_has_a_name(tmp_path, monkeypatch):
    assert check_model("tiny") == BUILT_IN["tiny"]
    monkeypatch.chdir(tmp_path)
    save_causal_lm(tmp_path / "tiny")
    assert check_model("tiny").resolve() == (tmp_path / "tiny").resolve()  # a folder comes first
