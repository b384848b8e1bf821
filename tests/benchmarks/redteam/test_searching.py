import pytest
from redteaming import DAG, RAG, SEARCH, attacked

from hopgym.agents.transcript import Transcript
from hopgym.benchmarks.redteam.searching import one_character, searches

INFO = {"question": "Who directed Vel?", "turn": 1, "remaining": 3, "grammar": "r3"}


@pytest.mark.parametrize("env", [SEARCH, DAG, RAG, f"{RAG}?hops=3&generator=agent"])
def test_searching_for_form_s_sake_does_not_pay(env):
    assert {cell.verdict for cell in attacked(env, ["searching"]).values()} == {"closed"}


def test_it_pays_as_published():
    cells = attacked(DAG, ["constant", "format_only", "nonsense"], ["dag_original?step=0"])
    assert {(cell.verdict, round(cell.pay.mean, 6)) for cell in cells.values()} == {("free", 0.8)}


def test_a_turn_is_left_for_the_answer():
    play = searches(lambda view, n: f"q{n}", "x")
    assert play(Transcript("The question: Who directed Vel?", INFO)).endswith("query: q0")
    last = Transcript("The question: Who directed Vel?", INFO | {"remaining": 1})
    assert play(last).endswith("answer: x") and one_character(last).endswith("answer: a")
