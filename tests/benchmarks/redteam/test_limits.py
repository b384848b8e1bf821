import pytest
from redteaming import BRITTLE, DAG, RAG, SEARCH, attacked

from hopgym.benchmarks.redteam.limits import Anything


@pytest.mark.parametrize("env", [SEARCH, f"{SEARCH}?grammar=search_r1", DAG, RAG])
def test_the_edges_hold(env):
    cells = attacked(env, ["limits"])
    assert {cell.verdict for cell in cells.values()} <= {"closed", "refused"}


def test_a_text_that_claims_to_equal_all_others():
    said = Anything("x")
    assert said == "y" and "z" in said and said.strip() is said and hash(said) == hash("x")
    cells = attacked(SEARCH, ["equal_to_anything"], ["em"])
    assert {cell.pay.mean for cell in cells.values()} == {0.0}


def test_an_environment_that_breaks_is_a_finding():
    (cell,) = attacked(BRITTLE, ["empty"]).values()
    assert (cell.verdict, cell.failed, cell.pay) == ("crashed", True, None)
    assert "ZeroDivisionError: words per answer" in cell.note
