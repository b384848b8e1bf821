from audited import KG, ours

from hopgym.benchmarks.audit.twins import CANARIES, twin, with_answer, with_canary
from hopgym.core import Document


def test_twins_differ_in_their_gold_alone():
    left, right = (twin(ours(KG), with_canary(n)).env.unwrapped for n in range(2))
    for one, other in zip(
        left.question_set.questions("dev"), right.question_set.questions("dev"), strict=True
    ):
        assert (one.id, one.text, one.facts) == (other.id, other.text, other.facts)
        assert one.answers == CANARIES[:1] and other.answers == CANARIES[1:]
        assert len(one.hops) != len(other.hops) and one.gold_facts != other.gold_facts


def test_documents_are_planted():
    planted = Document("x", "x", "x")
    made = twin(ours(), with_answer("yes"), planted=[planted])
    inner = made.env.unwrapped
    assert planted in list(inner.question_set.documents)
    assert {q.answers for q in inner.question_set.questions("dev")} == {("yes",)}
