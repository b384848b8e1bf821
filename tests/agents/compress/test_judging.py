from compress_runs import DOCUMENTS, QUESTION, compressor

from hopgym.agents.compress.cases import Case
from hopgym.agents.compress.judging import holders, judge
from hopgym.core import Question


def test_the_means_say_how_it_answered_and_what_it_read():
    made = compressor()
    case = Case(Question("a", QUESTION, ("Ada Orm",)), DOCUMENTS)
    metrics = judge(made, [case, case], 1.0)
    assert metrics["answer_expanded"] == 1.0 and 0.0 <= metrics["f1"] <= 1.0
    assert judge(made, [case], 0.0)["answer_expanded"] == 0.0
    assert judge(made, [case], 0.0)["columns"] < metrics["columns"]
    lost = Case(Question("b", QUESTION, ("Nobody",)), DOCUMENTS)
    assert "answer_expanded" not in judge(made, [lost], 0.5)


def test_an_answer_that_is_cut_stands_in_both_chunks():
    made = compressor()
    case = Case(Question("a", QUESTION, ("Ada Orm",)), DOCUMENTS)
    row = made.rows.question(QUESTION, DOCUMENTS)
    decode = made.rows.chunker.codec.decode
    found = holders(made, case)
    assert any(len(place) == 2 for place in found)
    for place in found:
        assert "Ada Orm" in "".join(decode(row.chunks[n].ids) for n in sorted(place))


def test_half_of_an_answer_is_not_expanded_and_no_answer_stands_everywhere():
    made = compressor()
    case = Case(Question("a", QUESTION, ("Ada Orm",)), DOCUMENTS)
    (place,) = holders(made, case)
    told = made.answer([(QUESTION, DOCUMENTS)], 0.25)[0]

    for chosen, whole in ((place, 1.0), (sorted(place)[:1], 0.0)):
        made.answer = lambda *given, chosen=chosen: [told._replace(expanded=tuple(chosen))]
        assert judge(made, [case], 0.25)["answer_expanded"] == whole
    assert holders(made, Case(Question("b", QUESTION, ("", "Nobody")), DOCUMENTS)) == []
