import unicodedata

import pytest

from hopgym.core import Document
from hopgym.rewards.genuine import is_answer, is_echo
from hopgym.rewards.lookalikes import BLANK, as_latin
from hopgym.rewards.rag import compute_rag_reward

QUESTION = "Who was the mentor of the director of the film Vel?"


def test_letters_become_those_that_they_look_like():
    assert as_latin("\u0410\u0412\u0415 \u0441\u0440 \u0391\u03bf") == "ABE cp Ao"
    assert as_latin("Ada") == "Ada" and as_latin("\u5317\u4eac") == "\u5317\u4eac"


@pytest.mark.parametrize("letter", BLANK)
def test_a_letter_without_a_glyph_is_no_answer(letter):
    assert unicodedata.category(letter) == "Lo"
    assert not is_answer(letter, ("Ada Orm",)) and not is_answer(f"{letter}{letter} ", ("Ada",))
    assert is_answer(f"Ull{letter}", ("Ada Orm",))
    shown = [Document("d", "Vel", "Vel was made by Ada Orm.")]
    assert compute_rag_reward(letter, "Ada Orm", shown).value == 0.0


def test_an_echo_in_other_letters_is_an_echo():
    copied = QUESTION.translate(str.maketrans("aeo", "\u0430\u0435\u043e"))
    assert copied != QUESTION
    assert is_echo(copied, QUESTION, ("Ada Orm",)) and is_echo(QUESTION, QUESTION, ("Ada Orm",))
    assert not is_echo("\u041e\u0440\u0451\u043b", QUESTION, ("Ada Orm",))


def test_a_question_in_cyrillic_is_read_as_it_is():
    asked = "\u041a\u0442\u043e \u0441\u043d\u044f\u043b \u0444\u0438\u043b\u044c\u043c \u0412\u0435\u043b?"
    assert is_echo(asked, asked, ("\u041e\u0440\u043c",))
    assert not is_echo("\u041e\u0440\u043c", asked, ("\u041e\u0440\u043c",))
