import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document, Hop, Question
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.controls import EmptyRetriever
from hopgym.retrieval.metrics import (
    METRICS,
    all_gold,
    answer_place,
    answer_recall,
    average_precision,
    evaluate,
    evaluate_rankings,
    hit,
    hop_recalls,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
    score,
)
from hopgym.rewards.normalize import squad

IDS = st.sampled_from(string.ascii_lowercase[:8])
RANKINGS = st.dictionaries(IDS, st.lists(IDS, unique=True), max_size=4)
GRADES = st.dictionaries(IDS, st.integers(0, 3), min_size=1)
"""None below 0: with some of those, pytrec_eval once never returned."""
KS = (1, 2, 3, 5, 10)

RANKING = ["a", "x", "b", "y", "c"]
GOLD = {"a", "b", "c", "d"}


# --- by hand ----------------------------------------------------------------------------------


def test_by_hand():
    assert recall(RANKING, GOLD) == 0.75
    assert [recall(RANKING, GOLD, k) for k in (1, 2, 3)] == [0.25, 0.25, 0.5]
    assert [precision(RANKING, GOLD, k) for k in (1, 2, 3, 10)] == [1, 0.5, 2 / 3, 0.3]
    assert reciprocal_rank(["x", "y", "c"], GOLD) == 1 / 3
    assert reciprocal_rank(["x", "y", "c"], GOLD, 2) == 0
    assert average_precision(RANKING, GOLD) == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)
    assert average_precision(RANKING, GOLD, 3) == pytest.approx((1 + 2 / 3) / 4)
    assert [hit(["x", "a"], GOLD, k) for k in (1, 2)] == [0, 1]
    assert [all_gold(["a", "x", "b"], {"a", "b"}, k) for k in (1, 2, 3)] == [0, 0, 1]
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(["a", "x", "b"], {"a", "b", "c"}, 3) == pytest.approx((1 + 1 / 2) / best)
    graded = {"a": 1, "b": 3, "x": 0}
    assert ndcg(["a", "x", "b"], graded) == pytest.approx((1 + 3 / 2) / (3 + 1 / math.log2(3)))


def test_an_id_that_comes_again_counts_once():
    assert recall(["a", "a"], {"a", "b"}) == 0.5
    assert precision(["a", "a"], {"a"}, 2) == 0.5
    assert average_precision(["a", "a", "b"], {"a", "b"}) == pytest.approx((1 + 2 / 3) / 2)
    assert ndcg(["a", "a"], {"a"}) == 1


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("gold", [[], {}, {"a": 0}, {"a": -1}])
def test_without_gold_every_metric_is_zero(name, gold):
    assert METRICS[name](["a", "b"], gold, 2) == 0


@pytest.mark.parametrize("name", METRICS)
def test_bad_depths_are_refused(name):
    for k in (0, -1):
        with pytest.raises(ConfigError, match=f"k is {k}; ask for 1 hit or more"):
            METRICS[name](["a"], {"a"}, k)
    with pytest.raises(ConfigError, match=r"k is 1\.5; give a whole number"):
        METRICS[name](["a"], {"a"}, 1.5)


# --- against trec_eval ------------------------------------------------------------------------


def trec_run(rankings):
    return {q: {id: float(-n) for n, id in enumerate(row)} for q, row in rankings.items()}


@given(rankings=RANKINGS, qrels=st.dictionaries(IDS, GRADES, min_size=1, max_size=4))
def test_all_metrics_are_those_of_trec_eval(rankings, qrels):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    cuts = ",".join(map(str, KS))
    names = {
        "recall": "recall",
        "precision": "P",
        "hit": "success",
        "ndcg": "ndcg_cut",
        "map": "map_cut",
    }
    wanted = {f"{name}.{cuts}" for name in names.values()} | {"recip_rank", "map", "ndcg"}
    judged = pytrec_eval.RelevanceEvaluator(qrels, wanted).evaluate(trec_run(rankings))
    ours = evaluate_rankings(rankings, qrels, KS)
    for query, theirs in judged.items():
        for name, their_name in names.items():
            for k in KS:
                expected = pytest.approx(theirs[f"{their_name}_{k}"])
                assert ours.of(f"{name}@{k}")[query] == expected
        for k in KS:  # trec_eval has no all-gold: it is recall at its full
            full = any(grade > 0 for grade in qrels[query].values())
            assert ours.of(f"all_gold@{k}")[query] == float(
                full and theirs[f"recall_{k}"] == pytest.approx(1)
            )
        assert ours.of("mrr@10")[query] == pytest.approx(theirs["recip_rank"])
        assert ours.of("map@10")[query] == pytest.approx(theirs["map"])
        assert ours.of("ndcg@10")[query] == pytest.approx(theirs["ndcg"])


@given(rankings=RANKINGS, qrels=st.dictionaries(IDS, GRADES, min_size=1, max_size=4))
def test_means_are_those_of_ir_measures(rankings, qrels):
    """Also of what was asked and found nothing, and of what was found and never judged."""
    ir_measures = pytest.importorskip("ir_measures")
    theirs = {
        "recall@2": ir_measures.R @ 2,
        "precision@5": ir_measures.P @ 5,
        "hit@1": ir_measures.Success @ 1,
        "mrr@3": ir_measures.RR @ 3,
        "map@5": ir_measures.AP @ 5,
        "ndcg@3": ir_measures.nDCG @ 3,
    }
    expected = ir_measures.calc_aggregate(theirs.values(), qrels, trec_run(rankings))
    ours = evaluate_rankings(rankings, qrels, KS)
    for name, measure in theirs.items():
        assert ours.mean(name) == pytest.approx(expected[measure])


# --- what only hops and answers have ----------------------------------------------------------


def test_each_hop_has_its_recall():
    hops = [Hop("?", "x", ("a",)), Hop("?", "y", ("b", "c"), (0,)), Hop("?", "z")]
    assert hop_recalls(RANKING, hops, 3) == [1.0, 0.5, None]
    assert hop_recalls(RANKING, hops) == [1.0, 1.0, None]


DOCUMENTS = [
    Document("d1", "The Beatles", "A band from Liverpool; they sang 'Hey, Jude'."),
    Document("d2", "Jude", "A name."),
]


@pytest.mark.parametrize(
    ("answers", "k", "expected"),
    [
        (("hey jude",), 1, 1.0),
        (("beatles",), 1, 1.0),
        (("Name",), 1, 0.0),
        (("Name",), 2, 1.0),
        (("liver",), None, 0.0),  # no whole word
        (("Beatles a band",), None, 0.0),  # not across the title's end
        (("nowhere", "The Liverpool"), None, 1.0),  # one accepted answer is enough
        (("yes",), None, None),
        (("...",), None, None),
        ((), None, None),
        (("no", "Jude"), None, 1.0),
    ],
)
def test_answers_are_found_as_whole_words(answers, k, expected):
    assert answer_recall(DOCUMENTS, answers, k, normalize=squad) == expected


def test_the_answers_place_is_that_of_the_first_document():
    assert answer_place(DOCUMENTS, ("jude",)) == 2
    assert answer_place(DOCUMENTS, ("name.",)) == 2
    assert answer_place(DOCUMENTS, ("nowhere",)) == math.inf
    assert answer_place(DOCUMENTS, ("no",)) is None
    assert answer_recall([], ("jude",)) == 0


# --- a retriever ------------------------------------------------------------------------------

CORPUS = [
    Document("1", "Vel", "A film by Ada Orm."),
    Document("2", "Ada Orm", "Born in Tessa."),
    Document("3", "Tessa", "A town."),
    Document("4", "Vel", "A river."),
]
QUESTIONS = [
    Question(
        "q1",
        "film",
        ("Tessa",),
        hops=(Hop("?", "Ada Orm", ("1",)), Hop("?", "Tessa", ("2",), (0,))),
        document_ids=("1", "2"),
    ),
    Question("q2", "town", ("yes",), document_ids=("3",)),
    Question("q3", "unknown", ("x",)),
]


def test_a_retriever_is_measured_question_by_question():
    found = evaluate(BM25Retriever(CORPUS), QUESTIONS, ks=[1, 4], normalize=squad)
    assert found.without_gold == ("q3",)
    assert found.of("recall@4") == {"q1": 0.5, "q2": 1.0}
    assert found.mean("recall@4") == 0.75
    assert found.of("all_gold@4") == {"q1": 0.0, "q2": 1.0}
    assert found.of("hop_1_recall@1") == {"q1": 1.0}
    assert found.of("hop_2_recall@4") == {"q1": 0.0}
    assert found.of("answer_recall@4") == {"q1": 0.0}
    assert {name.partition("@")[0] for name in found.values} >= set(METRICS)
    assert "answer_recall@1" not in evaluate(BM25Retriever(CORPUS), QUESTIONS, ks=[1]).values


def test_defect_a_document_with_the_id_of_its_question_counts():
    """BEIR drops what it takes for the query itself."""
    question = Question("a", "ada", ("x",), document_ids=("a",))
    found = evaluate(BM25Retriever([Document("a", "", "ada")]), [question], ks=[1])
    assert found.of("recall@1") == {"a": 1.0}


def test_gold_may_be_named_by_titles():
    question = Question("q", "river film", ("x",), document_ids=("Vel",))
    found = evaluate(BM25Retriever(CORPUS), [question], ks=[2], name=lambda d: d.title)
    assert found.of("recall@2") == {"q": 1.0}
    assert found.of("precision@2") == {"q": 0.5}  # two passages, one title


def test_a_retriever_that_finds_nothing_gets_nothing():
    found = evaluate(EmptyRetriever(), QUESTIONS, ks=[5])
    assert set(found.of("recall@5").values()) == {0.0}


def test_rankings_are_measured_as_a_retriever_is():
    retriever = BM25Retriever(CORPUS)
    asked = QUESTIONS[:2]
    rankings = retriever.search([q.text for q in asked], 4).ids
    rankings = dict(zip([q.id for q in asked], rankings, strict=True))
    gold = {q.id: q.document_ids for q in asked}
    ours = evaluate(retriever, asked, ks=[2, 4])
    theirs = evaluate_rankings(rankings, gold, ks=[2, 4])
    for name, values in theirs.values.items():
        assert ours.of(name) == values
    assert score(rankings["q1"], gold["q1"], [2])["recall@2"] == theirs.of("recall@2")["q1"]


def test_bad_input_is_refused():
    retriever = BM25Retriever(CORPUS)
    with pytest.raises(DataError, match="None of 1 questions has gold documents to find"):
        evaluate(retriever, QUESTIONS[2:])
    twice = [QUESTIONS[0], Question("q1", "?", ("x",), document_ids=("2",))]
    with pytest.raises(DataError, match="Two questions have the id 'q1'"):
        evaluate(retriever, twice)
    with pytest.raises(ConfigError, match="There is no cut-off; give at least one k"):
        evaluate(retriever, QUESTIONS, ks=[])
    with pytest.raises(ConfigError, match="k is 0"):
        evaluate_rankings({}, {"q": ["a"]}, ks=[0])
    with pytest.raises(
        UnknownNameError, match=r"Unknown metric 'recal@2'. Did you mean 'recall@2'"
    ):
        evaluate(retriever, QUESTIONS, ks=[2]).of("recal@2")


def test_a_retriever_that_drops_rows_has_no_result():
    class Drops:
        fingerprint = "drops"

        def search(self, queries, k):
            return Hits([()], [()])

    with pytest.raises(RetrievalError, match="'Drops' gave 1 rows for 2 queries"):
        evaluate(Drops(), QUESTIONS)


def test_what_cannot_be_measured_is_refused_with_the_cure():
    retriever = BM25Retriever(CORPUS)
    for no_retriever in ("bm25", BM25Retriever, None):
        with pytest.raises(ConfigError, match=r"is no retriever\. Make one: make_retriever\("):
            evaluate(no_retriever, QUESTIONS)
    for ks in (5, "5", None):
        with pytest.raises(ConfigError, match=r"ks is .*; give the cut-offs in a list"):
            evaluate(retriever, QUESTIONS, ks=ks)
    with pytest.raises(DataError, match=r"Question 1 is a str \('who'\); give a hopgym"):
        evaluate(retriever, [QUESTIONS[0], "who"])
    with pytest.raises(DataError, match=r"questions is 'who'; give a list"):
        evaluate(retriever, "who")
