import gzip
import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.kg.answers import (
    ANSWER_METRICS,
    answer_metrics,
    f1_one_to_one,
    hit_at_1_exact,
    hit_exact,
    list_precision,
    list_recall,
    one_to_one,
)

FOLDER = "webqsp_cwq/gnn_rag"
FILE = "test/detailed_eval_result.jsonl.gz"
PUBLISHED = {  # eval_result.txt beside each file: Hit, H@1, F1, precision, recall (= "accuracy")
    "KGQA-GNN-RAG/rearev-sbert/RoG-webqsp/RoG": (
        *(85.68796068796068, 80.58968058968058, 71.28257365406769),
        *(77.18506449319466, 73.76651533728501),
    ),
    "KGQA-GNN-RAG/rearev-lmsr/RoG-webqsp/RoG": (
        *(85.012285012285, 80.28255528255528, 71.53705252039563),
        *(78.34699702921075, 72.63363902772625),
    ),
    "KGQA-GNN-RAG-RA/rearev-sbert/RoG-webqsp/RoG": (
        *(90.72481572481573, 82.8009828009828, 73.4900197824918),
        *(73.23341722290509, 82.9532337788689),
    ),
    "KGQA-GNN-RAG-RA/rearev-lmsr/RoG-webqsp/RoG": (
        *(89.8034398034398, 82.37100737100737, 73.36257924133025),
        *(74.26870476680898, 82.1694156927992),
    ),
    "KGQA-GNN-RAG/rearev-lmsr/RoG-webqsp/llama2-chat-hf": (
        *(86.79361179361179, 6.142506142506143, 36.256619819061264),
        *(31.38534839003204, 74.90245578760596),
    ),
    "KGQA-GNN-RAG/rearev-sbert/RoG-cwq/RoG": (
        *(66.80826961200793, 61.73888416879071, 59.42654256015807),
        *(60.54345624327585, 62.76966324662397),
    ),
    "KGQA-GNN-RAG/rearev-lmsr/RoG-cwq/RoG": (
        *(66.24185783064287, 61.31407533276692, 58.963107192119594),
        *(59.90911544321563, 62.30464023153203),
    ),
    "KGQA-GNN-RAG-RA/rearev-sbert/RoG-cwq/RoG": (
        *(68.64910790144435, 62.786745964316054, 60.448091645187766),
        *(60.49905897458652, 65.00780922839806),
    ),
    "KGQA-GNN-RAG-RA/rearev-lmsr/RoG-cwq/RoG": (
        *(67.96941376380629, 63.041631265930334, 60.94993975622944),
        *(61.136095313746104, 64.56916340016058),
    ),
}
METRICS = {
    "hit": ANSWER_METRICS["hit"],
    "hit1": ANSWER_METRICS["hit_at_1"],
    "f1": ANSWER_METRICS["list_f1"],
    "precission": list_precision,  # as the files spell it
    "recall": list_recall,
}
NAMES = st.lists(st.sampled_from(["Seine", "the Seine", "Rhine", "Loire", "The", "!"]), max_size=5)


@pytest.mark.parametrize("run", PUBLISHED)
def test_gnn_rags_published_figures_are_met(shared_data, run):
    """Each question's figures, and their means, which are the published aggregates."""
    path = shared_data / FOLDER / run / FILE
    if not path.is_file():
        pytest.skip(f"{path.relative_to(shared_data)} is not in the folder of real data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    assert len(records) == (1_628 if "webqsp" in run else 3_531)
    for (name, metric), published in zip(METRICS.items(), PUBLISHED[run], strict=True):
        scores = [metric(r["prediction"], r["ground_truth"]) for r in records]
        assert scores == pytest.approx([r[name] for r in records], abs=1e-12), name
        assert 100 * sum(scores) / len(scores) == pytest.approx(published, abs=1e-9), name
    strict = [f1_one_to_one(r["prediction"], r["ground_truth"]) for r in records]
    assert 0.0 <= min(strict) <= max(strict) <= 1.0


def brute(predictions, answers):
    """The largest pairing, by trying all orders; `The` and `!` are names that no rule erases."""
    gold = list(dict.fromkeys(answers))
    plain = [name.replace("the ", "") for name in gold]
    best = 0
    for order in permutations(predictions):
        left = list(plain)
        for name in order:
            if name.replace("the ", "") in left:
                left.remove(name.replace("the ", ""))
        best = max(best, len(plain) - len(left))
    return best


@given(NAMES, NAMES)
def test_the_pairing_is_the_largest_there_is(predictions, answers):
    assert one_to_one(predictions, answers) == brute(predictions, answers)
    assert 0.0 <= f1_one_to_one(predictions, answers) <= 1.0
    assert hit_at_1_exact(predictions, answers) <= hit_exact(predictions, answers)
    assert bool(one_to_one(predictions, answers)) == bool(hit_exact(predictions, answers))


def test_each_counts_once():
    assert f1_one_to_one(["Ada", "Ada"], ["Ada"]) == pytest.approx(2 / 3)  # the second is wrong
    assert f1_one_to_one(["Ada"], ["Ada", "Ada"]) == 1.0  # noise in the gold
    assert f1_one_to_one(["The Who", "Who"], ["Who", "The Who"]) == 1.0  # two of one name
    assert f1_one_to_one(["!"], ["?"]) == 0.0  # nothing is left of either, and they differ


def test_listing_everything_pays_by_the_published_rules_alone():
    answers, listed = ["Ada", "Ull"], ["Ada Ull Vel Oz Tessa"]
    assert answer_metrics(listed, answers) == {
        "hit_at_1_exact": 0.0,
        "hit_exact": 0.0,
        "f1_one_to_one": 0.0,
        "hit_at_1": 1.0,
        "hit": 1.0,
        "list_f1": pytest.approx(4 / 3),  # their precision is 2
    }
    assert list_precision(listed, answers) == 2.0 and list_recall(listed, answers) == 1.0


@pytest.mark.parametrize("metric", [*ANSWER_METRICS.values(), list_precision, list_recall])
def test_no_answer_and_no_gold_score_nothing(metric):
    assert metric([], ["Ada"]) == metric(["Ada"], []) == metric([], []) == 0.0
    assert metric(["the Ada"], ["Ada"]) == 1.0
