import sys
from types import ModuleType

import pytest
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402
from hybrid_llms import generator_lm  # noqa: E402
from transformers.models.nemotron_h import modeling_nemotron_h as nemotron  # noqa: E402

from hopgym.agents.drag import hybrids  # noqa: E402
from hopgym.agents.drag.hybrids import (  # noqa: E402
    check_chunks,
    check_place,
    kernels_here,
    mamba_path,
    take_hub_kernels,
)
from hopgym.errors import ConfigError, MissingExtraError  # noqa: E402


@pytest.mark.parametrize("family", ["nemotron_h", "bamba", "mamba2", "jamba", "qwen2"])
def test_the_installed_library_computes_chunks_rightly(family):
    model = generator_lm(family)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    check_chunks(model)
    assert all(torch.equal(before[name], weights) for name, weights in model.state_dict().items())


def test_a_library_that_forgets_the_state_between_chunks_is_refused(monkeypatch):
    right = nemotron.mamba2_chunk_scan

    def forgetful(states, dt, A, B, C, chunk_size, **options):
        parts = [each.split(chunk_size, dim=1) for each in (states, dt, B, C)]
        return torch.cat(
            [
                right(x, t, A, b, c, chunk_size, **options)
                for x, t, b, c in zip(*parts, strict=True)
            ],
            dim=1,
        )

    monkeypatch.setattr(nemotron, "mamba2_chunk_scan", forgetful)
    with pytest.raises(ConfigError, match=r"NemotronHMamba2Mixer wrongly: .* differs by \d"):
        check_chunks(generator_lm("nemotron_h"))


def test_whole_models_do_not_depend_on_the_size_of_chunks():
    ids = torch.arange(3, 73)[None]
    with torch.no_grad():
        short, long = (
            generator_lm("nemotron_h", pattern="ME*M", chunk=chunk, slow=True)(ids).logits
            for chunk in (16, 128)
        )
    assert torch.allclose(short, long, atol=1e-4)


def pretend(monkeypatch, gpu, kernels=()):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H200")
    monkeypatch.setattr(hybrids.metadata, "version", lambda name: "9.9")
    for name in ("mamba_ssm", "causal_conv1d"):
        there = ModuleType(name) if name in kernels else None
        monkeypatch.setitem(sys.modules, name, there)  # None: importing it fails


def test_a_line_says_what_mamba_layers_are_computed_with(monkeypatch):
    pretend(monkeypatch, gpu=False)
    assert kernels_here() == {}
    assert mamba_path() == "Mamba layers: plain torch, for the generator is not on a GPU."
    pretend(monkeypatch, gpu=True)
    assert "plain torch on H200, which is several times slower" in mamba_path()
    assert "not on a GPU" in mamba_path("cpu")
    pretend(monkeypatch, gpu=True, kernels=("mamba_ssm", "causal_conv1d"))
    assert mamba_path() == "Mamba layers: mamba-ssm 9.9 and causal-conv1d 9.9 on H200."


def test_kernels_that_need_a_gpu_are_not_run_elsewhere(monkeypatch):
    pretend(monkeypatch, gpu=False, kernels=("mamba_ssm",))
    with pytest.raises(ConfigError, match="mamba-ssm is installed, and transformers would use it"):
        check_place(generator_lm("nemotron_h"), "cpu")
    check_place(generator_lm("nemotron_h"), "cuda:0")
    check_place(generator_lm("qwen2"), "cpu")
    pretend(monkeypatch, gpu=False)
    check_place(generator_lm("nemotron_h"), "cpu")


def test_the_hub_s_kernels_need_a_gpu_and_their_package(monkeypatch):
    model = generator_lm("nemotron_h")
    with pytest.raises(ConfigError, match="use_kernels needs a GPU, and the generator is on 'cpu'"):
        take_hub_kernels(model, "cpu")
    monkeypatch.setitem(sys.modules, "kernels", None)
    with pytest.raises(MissingExtraError, match="kernels"):
        take_hub_kernels(model, "cuda:0")
    monkeypatch.setitem(sys.modules, "kernels", ModuleType("kernels"))

    def fails(on):
        raise OSError("offline")

    monkeypatch.setattr(model, "set_use_kernels", fails)
    with pytest.raises(ConfigError, match=r"could not be had \(OSError: offline\)"):
        take_hub_kernels(model, "cuda:0")
