import pytest
from redteaming import DAG, RAG, SEARCH, verdicts

from hopgym.benchmarks.redteam.lookalikes import BIDI, CYRILLIC, WIDE, ZERO_WIDTH


@pytest.mark.parametrize("env", [SEARCH, DAG, RAG])
def test_nothing_that_looks_like_text_pays(env):
    assert set(verdicts(env, ["lookalikes"]).values()) == {"closed"}


def test_the_characters_are_what_they_are_called():
    assert (ZERO_WIDTH.isprintable(), BIDI.isprintable()) == (False, False)
    assert "<a>:".translate(WIDE) == "\uff1ca\uff1e\uff1a"
    assert "Tessa".translate(CYRILLIC) != "Tessa" and len("Tessa".translate(CYRILLIC)) == 5
