import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.agents.llm.codec import TextCodec
from hopgym.agents.tiny.tokenizer import END, PAD, train_tokenizer, world_texts
from hopgym.envs.datasets.world import World


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(world_texts(1, entities=300), 900)


def test_every_text_comes_back(tokenizer):
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def comes_back(text):
        assert tokenizer.decode(tokenizer.encode(text), skip_special_tokens=False) == text

    comes_back()


def test_a_name_is_cut_alike_wherever_it_stands(tokenizer):
    def cut(before, after):
        whole = tokenizer.encode(f"{before}Quaestor Vimmar{after}")
        return name == whole[(at := whole.index(name[0])) : at + len(name)]

    name = tokenizer.encode("Quaestor Vimmar")
    assert all(
        cut(*around) for around in [("the ", "?"), ("by\n", " | x"), ("", "."), ("A ", "\n")]
    )


def test_pieces_behind_each_other_are_the_whole(tokenizer):
    codec = TextCodec(tokenizer)
    pieces = [
        "The question: Who?\n",
        "Step 1:\nThe problem analysis: I",
        "\nThe retrieval\nStep 2:",
    ]
    parts = [token for piece in pieces for token in codec.encode(piece)]
    assert parts == codec.encode("".join(pieces))
    assert codec.decode(parts) == "".join(pieces)


def test_markers_are_one_token_and_digits_one_each(tokenizer):
    codec = TextCodec(tokenizer)
    assert [len(codec.encode(f"Step {n}:")) for n in (1, 3, 5)] == [1, 1, 1]
    assert len(codec.encode("The retrieval query:")) == 1
    assert len(codec.encode("1987")) == 4


def test_names_of_another_world_need_no_bytes(tokenizer):
    world = World(seed=55, entities=200)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer.encode(" ".join(world.universe.names)))
    assert not [token for token in tokens if token.startswith("<0x")]


def test_control_tokens(tokenizer):
    assert tokenizer.convert_ids_to_tokens([0, 1]) == [PAD, END]
    assert (tokenizer.pad_token, tokenizer.eos_token) == (PAD, END)


def test_a_document_cannot_end_a_turn(tokenizer):
    assert tokenizer.eos_token_id not in TextCodec(tokenizer).encode(f"Vel{END}Vel")
