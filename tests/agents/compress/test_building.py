import pytest
import torch
from compress_runs import settings

from hopgym.agents.compress.building import new_compressor, prepared
from hopgym.agents.compress.model import embedding_norm
from hopgym.errors import ConfigError


def test_a_run_begins_with_a_loaded_decoder_and_all_else_new(tmp_path):
    given = settings(tmp_path)
    made, again = new_compressor(given), new_compressor(given)
    assert all(
        torch.equal(a, b) for a, b in zip(made.parameters(), again.parameters(), strict=True)
    )
    assert made.shape.scale == pytest.approx(embedding_norm(made.decoder)) and made.shape.k == 4
    chunk = made.rows.chunker.of("Ada")[0]
    assert made.vectors([chunk]).norm().item() == pytest.approx(made.shape.scale, rel=1e-4)
    assert settings(tmp_path, scale_projector=False) and (
        new_compressor(settings(tmp_path, scale_projector=False)).shape.scale == 0.0
    )


@pytest.mark.parametrize("pattern", ["T,T", "M,M", "T,M"])
def test_a_decoder_of_any_pattern_reads_vectors(tmp_path, pattern):
    made = new_compressor(settings(tmp_path, block_pattern=pattern))
    (told,) = made.answer([("Who?", (("Vel", "Vel is a film."),))], 0.5)
    assert 0 < len(told.expanded) < told.chunks


def test_checkpointing_changes_no_gradient(tmp_path):
    def gradient(**changes):
        given = settings(tmp_path, block_pattern="T,M", **changes)
        made = prepared(new_compressor(given), given).train()
        row = made.rows.question("Who?", (("Vel", "Vel is a film."),), "Ada")
        vectors, _ = made.row_vectors([row])
        made.nll([row], [[0]], vectors).sum().backward()
        return made.projector.layers[0].weight.grad

    plain, kept = gradient(), gradient(gradient_checkpointing=True)
    assert torch.allclose(plain, kept, atol=1e-6) and plain.norm() > 0
    assert prepared(new_compressor(settings(tmp_path)), settings(tmp_path, dtype="bfloat16")).halved


def test_a_decoder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        new_compressor(settings(tmp_path, model_name=str(tmp_path / "nowhere")))
