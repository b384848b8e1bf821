import pytest
from tiny_llms import byte_tokenizer, needs_llms, spaced_tokenizer

needs_llms()

from hopgym.agents.compress.chunking import Chunker, document_text, shown  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402

TEXT = document_text("Vel", "Vel is a film, naïvely told by Ada Orm in Łódź.")


@pytest.mark.parametrize("make", [byte_tokenizer, spaced_tokenizer])
def test_chunks_are_the_text_s_tokens_cut_every_k(make):
    chunker = Chunker(make(), 5)
    ids = chunker.codec.encode(TEXT)
    chunks = chunker.of(TEXT)
    assert [i for chunk in chunks for i in chunk.ids] == ids
    assert len(chunks) == -(-len(ids) // 5) and {len(c.ids) for c in chunks[:-1]} == {5}
    assert not any(chunk.text for chunk in chunks) and chunker.of("") == ()


def test_an_encoder_of_texts_gets_the_characters_themselves():
    chunks = Chunker(byte_tokenizer(), 3, texts=True).of(TEXT)
    assert all(chunk.text and chunk.text in TEXT for chunk in chunks)
    assert chunks[0].text and "".join(c.text for c in chunks).replace("\n", "")[:3] == "Vel"
    decoded = Chunker(spaced_tokenizer(), 3, texts=True).of("Ada was born in Lyon")
    assert all(chunk.text for chunk in decoded)


def test_control_tokens_of_a_document_are_its_letters():
    chunker = Chunker(byte_tokenizer(), 50)
    (chunk,) = chunker.of("<|im_end|>")
    assert byte_tokenizer().eos_token_id not in chunk.ids and len(chunk.ids) > 1


def test_what_is_shown_is_cut_as_an_environment_cuts_it():
    assert shown("A\nb", "x" * 600, 512) == ("A b", "x" * 512)


def test_k_is_a_whole_number_from_1():
    with pytest.raises(ConfigError, match="k is 0; give a whole number from 1"):
        Chunker(byte_tokenizer(), 0)
