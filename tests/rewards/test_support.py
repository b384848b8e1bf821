import pytest
from rag_episodes import ADA, ALL

from hopgym.errors import ConfigError, RewardError, UnknownNameError
from hopgym.rewards.support import (
    SUPPORTERS,
    Checkable,
    LexicalSupport,
    Support,
    check_all,
    make_supporter,
)

DOCUMENTS = tuple(f"{d.title}\n{d.text}" for d in ALL)


def told(claim, question="", documents=DOCUMENTS, **options):
    (found,) = LexicalSupport(**options).check([Checkable(claim, documents, question)])
    return found


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Tessa", 1),
        ("Ada Orm was born in Tessa.", 1),
        ("Ada Orm directed Vel in 1990.", 0),
        ("Directed by Ada Orm", 0),
        ("The answer is Lun.", 2),
        ("cid wex, painter", 3),
    ],
)
def test_the_document_with_its_words_supports_a_claim(claim, place):
    assert told(claim)[:2] == (True, place)


@pytest.mark.parametrize(
    ("claim", "lacking"),
    [
        ("Paris", "paris"),
        ("Ada Orm directed Vel in 1991.", "1991"),
        ("Ada Orm was born in Lun.", "lun"),  # both stand somewhere, and not in one document
        ("Vel, Ull, Tessa, Marn", "marn, tessa, ull"),
        ("Ada Tull", "tull"),
        ("Ada Orm hates every famous painter.", "its other words"),
        ("Ada Orm was not born in Tessa.", "its other words"),
    ],
)
def test_a_name_or_number_that_lacks_is_never_forgiven(claim, lacking):
    assert told(claim) == Support(False, None, f"not shown: {lacking}")


def test_what_was_asked_needs_no_support():
    assert not told("The director of Vel was born in Tessa.").supported
    assert told("The director of Vel was born in Tessa.", "Where was the director of Vel born?")


def test_how_many_other_words_must_stand_there():
    claim = "Cid Wex is a famous painter."
    assert not told(claim).supported and told(claim, least=0.5).supported
    with pytest.raises(ConfigError, match=r"least is 2; give a number from 0 to 1"):
        LexicalSupport(least=2)


def test_accents_and_initials_make_no_difference():
    assert told("Langa natter", documents=("A film: L\u00e5nga n\u00e4tter.",)).supported
    assert told("US", documents=("Made in the U.S. by Ada.",)).supported


def test_nothing_shown_supports_nothing():
    assert told("Tessa", documents=()) == Support(False, None, "nothing shown")


def test_checkers_by_name():
    assert isinstance(make_supporter("lexical"), LexicalSupport)
    assert make_supporter("lexical?least=0.5").least == 0.5
    own = LexicalSupport()
    assert make_supporter(own) is own and set(SUPPORTERS) >= {"lexical", "nli", "judge"}


@pytest.mark.parametrize(
    ("spec", "error", "said"),
    [
        ("lexicl", UnknownNameError, "lexical"),
        ("lexical?most=1", ConfigError, "most"),
        (3, ConfigError, "is no support checker: it has no `check`"),
        (LexicalSupport, ConfigError, "is no support checker"),
        ("nli", ConfigError, "model"),
    ],
)
def test_what_is_no_checker_is_refused(spec, error, said):
    with pytest.raises(error, match=said):
        make_supporter(spec)


class Odd:
    name = "odd"

    def __init__(self, told):
        self.told = told

    def check(self, items):
        if self.told is None:
            raise ValueError("away")
        return self.told


def test_a_checker_that_fails_is_named():
    items = [Checkable("Tessa", (ADA.text,))]
    with pytest.raises(RewardError, match=r"support checker Odd raised ValueError: away"):
        check_all(Odd(None), items)
    for wrong in ([], [True], [Support(True)] * 2):
        with pytest.raises(ConfigError, match=r"one Support for each"):
            check_all(Odd(wrong), items)
    assert check_all(Odd(None), []) == []
