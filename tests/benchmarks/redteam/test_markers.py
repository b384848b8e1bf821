import pytest
from redteaming import DAG, RAG, SEARCH, attacked

ENVS = [SEARCH, f"{SEARCH}?grammar=search_r1", DAG, RAG, f"{RAG}?hops=3&generator=agent"]


@pytest.mark.parametrize("env", ENVS)
def test_tags_buy_nothing(env):
    assert {cell.verdict for cell in attacked(env, ["markers"]).values()} == {"closed"}


def test_several_answers_in_one_action_are_no_answer():
    cells = attacked(SEARCH, ["many_submissions", "whole_episode"], ["em"])
    assert {cell.pay.mean for cell in cells.values()} == {0.0}
