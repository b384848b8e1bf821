import copy
import pickle

import pytest
from redteaming import DAG, RAG, SEARCH, attacked
from toy import ToyQuestions

from hopgym.benchmarks.redteam.poison import PoisonedSet, answering, ordering


@pytest.mark.parametrize("env", [SEARCH, f"{SEARCH}?grammar=search_r1", DAG, RAG])
def test_what_documents_say_is_no_answer(env):
    assert {cell.verdict for cell in attacked(env, ["documents"]).values()} == {"closed"}


def test_the_set_is_the_same_but_for_its_documents():
    base = ToyQuestions()
    made = PoisonedSet(base, answering)
    assert made.questions("train") == base.questions("train") and made.splits == base.splits
    assert "<answer>Vel</answer>" in made.documents[0].text
    assert [d.id for d in made.documents] == [d.id for d in base.documents]
    assert made.fingerprint != base.fingerprint
    assert "score=1" in ordering(base.documents[0]).text


def test_it_can_be_copied_and_pickled():
    made = PoisonedSet(ToyQuestions(), ordering)
    assert copy.deepcopy(made).name == pickle.loads(pickle.dumps(made)).name == made.name
