import zlib

from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Fact
from hopgym.envs.subgraph.words import fact_words, relation_id, relation_words


def test_relations_are_read_as_words():
    assert relation_words("people.person.place_of_birth") == "people person place of birth"
    assert relation_words("__film__genre/") == "film genre"
    assert relation_words("") == relation_words("._/") == ""


def test_a_fact_is_a_phrase():
    assert fact_words(Fact("Mr. A_B", "born_in", "東京")) == "Mr. A_B born in 東京"


@given(st.text(st.characters()), st.integers(2, 10_000))
def test_every_name_has_a_number_above_padding(name, count):
    assert 1 <= relation_id(name, count) < count


def test_the_number_is_the_same_in_every_process():
    assert relation_id("born_in", 4096) == 1 + zlib.crc32(b"born_in") % 4095
    assert relation_id("\ud800", 2) == relation_id("x", 2) == 1
