import pytest

from hopgym.envs.rag.settings import RagSettings
from hopgym.errors import ConfigError


def test_the_defaults_are_the_classic_rag():
    made = RagSettings()
    assert (made.hops, made.generator, made.reward) == (1, "titles", "rag")
    assert (made.max_documents, made.max_document_chars, made.format_retries) == (None, 512, 0)
    assert not made.agent_asks and RagSettings(generator="agent").agent_asks


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"hops": 0}, "hops is 0; it must be a whole number from 1"),
        ({"hops": 2.5}, "hops is 2.5; it must be a whole number from 1"),
        ({"max_documents": 0}, "max_documents is 0; it must be a whole number from 1"),
        ({"max_document_chars": 0}, "max_document_chars is 0"),
        ({"format_retries": -1}, "format_retries is -1; it must be a whole number from 0"),
        (
            {"hops": 6, "generator": "agent"},
            r"hops is 6 and max_steps 5: .* each hop takes a turn. Set max_steps=6.",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(keywords, message):
    with pytest.raises(ConfigError, match=message):
        RagSettings(**keywords)


def test_hops_of_the_environments_own_take_no_turns():
    assert RagSettings(hops=9).hops == 9
    assert RagSettings(hops=9, generator="agent", max_steps=9).agent_asks
