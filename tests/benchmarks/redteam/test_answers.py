import pytest
from redteaming import DAG, RAG, SEARCH, attacked

from hopgym.benchmarks.redteam.answers import EXPLOITS
from hopgym.benchmarks.redteam.published import __name__ as published


@pytest.mark.parametrize("env", [SEARCH, DAG, RAG])
def test_no_answer_trick_pays_by_default(env):
    cells = attacked(env, ["answers"])
    assert len(cells) == len(EXPLOITS)
    assert not [name for name, cell in cells.items() if cell.failed]


def test_lists_and_copies_pay_where_containment_is_enough():
    names = ["every_name", "copied_documents", "candidates"]
    cells = attacked(SEARCH, names, [f"{published}:cover_em"], episodes=12)
    assert {cell.verdict for cell in cells.values()} == {"overpaid"}
    worst = cells["every_name", "cover_em"].worst
    assert worst.pay == 1.0 and worst.true < 0.5 and worst.actions
