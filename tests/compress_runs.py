"""Small compressors, and small runs on a small world."""

from pathlib import Path

from tiny_llms import byte_tokenizer, needs_llms

needs_llms()
import torch  # noqa: E402
from hybrid_llms import generator_lm  # noqa: E402
from tiny_llms import save_causal_lm  # noqa: E402

from hopgym.agents.compress.encoder import new_encoder  # noqa: E402
from hopgym.agents.compress.model import Compressor, Shape, embedding_norm  # noqa: E402
from hopgym.agents.compress.settings import CompressSettings  # noqa: E402

torch.set_num_threads(1)

WORLD = "world?entities=200&train=24&dev=8&test=0&hops=1"
QUESTION = "Where was the director of Vel born?"
DOCUMENTS = (
    ("Vel", "Vel is a film. The director of Vel is Ada Orm."),
    ("Ada Orm", "Ada was born."),
)
ASKED = (
    (QUESTION, DOCUMENTS),
    ("Who?", DOCUMENTS[:1]),
    ("Who directed the film of that year?", DOCUMENTS * 2),
)


def compressor(family="qwen2", *, k=4, seed=0, encoder="tokens", **shape):
    """A compressor of random weights around a decoder of some family."""
    decoder = generator_lm(family, seed)
    words = len(decoder.get_input_embeddings().weight)
    made = new_encoder(encoder, words, k, width=16, layers=1, heads=2, seed=seed)
    given = {"k": k, "encoder": encoder, "projector_dim": 16, "policy_width": 16,
             "policy_layers": 1, "max_new_tokens": 6, "scale": embedding_norm(decoder), **shape}  # fmt: skip
    return Compressor(decoder, byte_tokenizer(), made, Shape(**given), seed=seed).eval()


def settings(folder: Path, **changes) -> CompressSettings:
    """A run of a few steps; the decoder is in `folder/lm`."""
    if not (folder / "lm").exists():
        save_causal_lm(folder / "lm")
    given = {
        "model_name": str(folder / "lm"), "output_dir": str(folder / "out"), "questions": WORLD,
        "top_k": 2, "k": 4, "expand": 0.5, "encoder_width": 16, "encoder_layers": 1,
        "encoder_heads": 2, "projector_dim": 16, "policy_width": 16, "policy_layers": 1,
        "reconstruction_steps": 2, "paragraph_steps": 2, "answer_steps": 3, "policy_steps": 3,
        "max_chunks": 2, "ahead": 1, "batch_size": 4, "group": 3, "save_steps": 2, "eval_steps": 2,
        "eval_episodes": 4, "max_new_tokens": 6, "max_document_chars": 80, "device": "cpu",
    }  # fmt: skip
    return CompressSettings(**{**given, **changes})
