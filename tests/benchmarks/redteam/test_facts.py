import pytest
from redteaming import KG, attacked

from hopgym.agents.selecting import Given
from hopgym.benchmarks.redteam.facts import EXPLOITS, everything, hubs, nothing, one_of_each
from hopgym.core import Fact
from hopgym.envs.subgraph.case import Offer

FACTS = (Fact("Ada", "in", "Ull"), Fact("Bo", "in", "Ull"), Fact("Bo", "knows", "Cid"))
GIVEN = Given("q", Offer("Who?", FACTS, ("Ada",)))

MODES = [KG, f"{KG}?mode=sequential&max_steps=6", f"{KG}?observation=text&mode=sequential"]


@pytest.mark.parametrize("env", MODES)
def test_no_selection_for_its_own_sake_pays(env):
    cells = attacked(env, ["facts"])
    assert len(cells) == len(EXPLOITS)
    assert {cell.verdict for cell in cells.values()} <= {"closed", "refused"}


def test_seeing_an_answer_pays_as_published():
    cells = attacked(KG, ["all_facts", "half_of_the_facts"], ["kg_r1"], episodes=40)
    assert {cell.verdict for cell in cells.values()} <= {"overpaid", "beats"}


def test_what_is_picked():
    assert list(everything(GIVEN).slots) == [0, 1, 2] and everything(GIVEN).most == 3
    assert nothing(GIVEN).most == 0
    assert hubs(GIVEN).slots[0] == 1
    assert one_of_each(GIVEN).slots == [0, 2]
