import pytest
from tiny_rag import DOCUMENTS, vocabulary

from hopgym.agents.rag.vocabulary import bert_tokenizer, t5_tokenizer, train_vocabulary
from hopgym.errors import ConfigError, DataError


def test_a_t5s_ids_and_frame():
    tokenizer = t5_tokenizer(vocabulary())
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    ids = tokenizer(["Lyon", "Ada Orm in Lyon"], padding=True)
    assert ids.input_ids[1][-1] == 1 and ids.input_ids[0][-1] == 0
    assert "token_type_ids" not in ids
    assert tokenizer.decode(ids.input_ids[1], skip_special_tokens=True) == "Ada Orm in Lyon"


def test_a_berts_frame_has_two_segments():
    tokenizer = bert_tokenizer(vocabulary(), 32)
    tokens = tokenizer("Ada", "Lyon")
    text = tokenizer.convert_ids_to_tokens(tokens.input_ids)
    assert text[0] == "[CLS]" and text[-1] == "[SEP]" and text.count("[SEP]") == 2
    middle = text.index("[SEP]")
    assert tokens.token_type_ids == [0] * (middle + 1) + [1] * (len(text) - middle - 1)
    assert len(tokenizer("word " * 99, truncation=True).input_ids) == 32


@pytest.mark.parametrize("text", ["Ada Orm", "Zyx Quorve", "été 1987", "Ω…", "a-b, (c)?", "日本"])
def test_nothing_is_lost(text):
    tokenizer = t5_tokenizer(vocabulary())
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text
    assert tokenizer.unk_token_id not in tokenizer(text).input_ids


def test_white_space_is_folded():
    tokenizer = t5_tokenizer(vocabulary())
    again = tokenizer.decode(tokenizer("  Ada \n Orm ").input_ids, skip_special_tokens=True)
    assert again == "Ada Orm"


def test_a_new_name_is_a_few_pieces_and_the_same_wherever_it_stands():
    """Pieces can be copied; a whole unknown name could not."""
    from hopgym.envs.datasets.world import World

    world = World(seed=1, entities=300, train=100, hops="1")
    texts = [f"{each.title} {each.text}" for each in world.documents]
    tokenizer = t5_tokenizer(train_vocabulary(texts, size=800))
    new = World(seed=2, entities=300, train=100, hops="1")
    names = [each.title for each in new.documents][:100]
    pieces = [len(tokenizer.tokenize(name)) / len(name.split()) for name in names]
    assert 1 < sum(pieces) / len(pieces) < 5
    name = tokenizer.tokenize(names[0])
    for text in (names[0], f"Where is {names[0]}?", f"  {names[0]} is"):
        row = tokenizer.tokenize(text)
        assert any(row[n : n + len(name)] == name for n in range(len(row)))


def test_it_is_the_same_for_the_same_texts():
    texts = [each.text for each in DOCUMENTS]
    one, other = (train_vocabulary(texts, size=90).to_str() for _ in range(2))
    assert one == other


def test_refusals():
    with pytest.raises(ConfigError, match="size is 3; it must be a whole number from 64"):
        train_vocabulary(["a"], size=3)
    with pytest.raises(DataError, match=r"vocabulary of no texts .* Give the texts"):
        train_vocabulary(["", " "])
