import pytest
from redteaming import DAG, RAG, SEARCH, attacked


@pytest.mark.parametrize("env", [SEARCH, DAG, RAG])
def test_giving_up_does_not_pay(env):
    assert {cell.verdict for cell in attacked(env, ["giving_up"]).values()} == {"closed"}


def test_an_early_end_costs():
    cells = attacked(SEARCH, ["quit", "unknown"])
    (quit_,), (unknown,) = (
        [c for (n, _), c in cells.items() if n == w] for w in ("quit", "unknown")
    )
    assert quit_.pay.mean < 0.0 and unknown.pay.mean == 0.0 and unknown.true == 0.0


def test_refusals_pay_in_the_reward_as_published():
    cells = attacked(DAG, ["unknown", "see_above"], ["dag_original"])
    assert {cell.verdict for cell in cells.values()} == {"free"}
    assert {cell.pay.mean for cell in cells.values()} == {0.5}
