import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_llms import byte_tokenizer, needs_llms, spaced_tokenizer

from hopgym.agents.llm.codec import TextCodec
from hopgym.agents.llm.stops import Stop, StopWatch

needs_llms()
R3 = Stop(("\nThe retrieval documents:",))
TAGS = Stop(("</search>", "</answer>"), keep=True)


def first_seen(codec, stop, ids):
    """How many tokens were new when the stop was seen; None if it never was."""
    watch = StopWatch(codec, stop)
    return next((n for n in range(1, len(ids) + 1) if watch.sees(ids[:n])), None)


@pytest.mark.parametrize("tokenizer", [byte_tokenizer, spaced_tokenizer])
@pytest.mark.parametrize("letter_by_letter", [False, True])
def test_a_stop_is_seen_across_the_borders_of_tokens(tokenizer, letter_by_letter):
    codec = TextCodec(tokenizer())
    for stop in (R3, TAGS):
        text = f"query: Vel{stop.strings[0]}"
        pieces = list(text) if letter_by_letter else [text]
        ids = [token for piece in pieces for token in codec.encode(piece)]
        assert first_seen(codec, stop, [*ids, *codec.encode(" and more")]) == len(ids)


def test_a_token_may_hold_the_stop_in_its_middle():
    tokenizer = byte_tokenizer()
    codec = TextCodec(tokenizer)
    (token,) = [n for n in range(len(tokenizer)) if codec.decode([n]) == ">\n\n"]
    ids = [*codec.encode("<search>Vel</search"), token]
    assert first_seen(codec, TAGS, ids) == len(ids)
    assert TAGS.cut(codec.decode(ids)) == "<search>Vel</search>"


def test_a_stop_of_several_bytes_a_character():
    codec = TextCodec(byte_tokenizer())
    stop = Stop(("終わり",))
    ids = codec.encode("é終わり")
    assert first_seen(codec, stop, ids) == len(ids) and stop.cut("é終わり") == "é"


def test_without_strings_nothing_stops():
    codec = TextCodec(byte_tokenizer())
    assert first_seen(codec, Stop(), codec.encode("</search>")) is None
    assert Stop().cut("</search>") == "</search>"


def test_the_first_string_cuts():
    assert TAGS.cut("a</answer>b</search>") == "a</answer>"
    assert Stop(("b", "ab")).cut("xab") == "x"


@settings(max_examples=300, deadline=None)
@given(
    ids=st.lists(st.integers(3, 393), max_size=40),
    stop=st.sampled_from(["a", "in", "\n", "</", "The", "é", "o d", "\x80"]),
)
def test_the_watch_sees_exactly_what_the_whole_text_shows(ids, stop):
    codec = TextCodec(byte_tokenizer())
    shown = (n for n in range(1, len(ids) + 1) if stop in codec.decode(ids[:n]))
    assert first_seen(codec, Stop((stop,)), ids) == next(shown, None)
