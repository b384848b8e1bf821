import pytest
from small_collections import write_data

from hopgym.benchmarks import retrieval_tuning
from hopgym.benchmarks.retrieval_data import tuning
from hopgym.benchmarks.retrieval_systems import WEIGHTS
from hopgym.benchmarks.retrieval_tuning import (
    DECISIVE,
    HYBRID,
    LINK_HOP,
    Tried,
    choose,
    combinations,
    main,
    rank_settings,
)
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.link_hop import LinkHopRetriever
from hopgym.retrieval.paired import paired_bootstrap


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


def tried(name, recalls, gains=None):
    values = {f"q{n}": value for n, value in enumerate(recalls)}
    order = {f"q{n}": value for n, value in enumerate(gains or recalls)}
    return Tried({"name": name}, {"recall@5": values, "all_gold@5": values, "ndcg@10": order})


def test_the_plainest_of_equals_is_chosen():
    best = [1.0] * 40
    settings = [tried("bad", [0.5] * 40), tried("plain", [*best[1:], 0.9]), tried("best", best)]
    assert choose(settings).settings == {"name": "plain"}


def test_what_ranks_much_worse_is_not_chosen():
    best = [1.0] * 40
    settings = [tried("unordered", best, [0.5] * 40), tried("ordered", [*best[1:], 0.9], best)]
    assert choose(settings).settings == {"name": "ordered"}


def test_where_the_two_metrics_disagree_recall_decides():
    high, low = [1.0] * 40, [0.5] * 40
    settings = [tried("order", low, high), tried("recall", high, low)]
    assert choose(settings).settings == {"name": "recall"}


def test_the_chosen_setting_comes_first(data):
    collection = tuning(data)
    base = BM25Retriever(collection.documents)

    def make(**chosen):
        return [LinkHopRetriever(collection.documents, base=base, **chosen)]

    ranked = rank_settings(make, {"weight": [0.0, 0.5, 0.9]}, collection)
    assert ranked[0].settings == {"weight": 0.5}
    assert ranked[0].mean("recall@5") == 1.0 > ranked[-1].mean("recall@5")
    assert len(ranked) == 3


def test_the_defaults_are_among_what_is_tried():
    assert (WEIGHTS["bm25"], WEIGHTS["dense"]) in HYBRID["weights"]
    defaults = LinkHopRetriever.__init__.__kwdefaults__
    assert {name: defaults[name] for name in LINK_HOP} in combinations(LINK_HOP)


def test_the_command_shows_the_best(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(retrieval_tuning, "LINK_HOP", {"follow": [1], "weight": [0.3, 0.7]})
    monkeypatch.setattr(retrieval_tuning, "HYBRID", {"weights": [(0.5, 0.5)]})
    main(["--data", str(data), "--encoder", "hashing", "--cache", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "4 questions, 24 passages" in shown
    assert "link hop" in shown
    assert "hybrid" in shown


@pytest.mark.slow
def test_no_setting_is_significantly_better_than_the_default(shared_data, monkeypatch):
    """On BM25 alone, which needs no encoder, and of fewer settings."""
    fewer = {"follow": (1, 2, 3), "weight": (0.5, 0.7, 0.9)}
    monkeypatch.setattr(retrieval_tuning, "LINK_HOP", fewer)
    collection = tuning(shared_data)
    ranked = retrieval_tuning.tune_link_hop(collection, [BM25Retriever(collection.documents)])
    defaults = LinkHopRetriever.__init__.__kwdefaults__
    ours = next(one for one in ranked if one.settings == {name: defaults[name] for name in fewer})
    for metric in DECISIVE:
        for other in ranked:
            found = paired_bootstrap(ours.values[metric], other.values[metric], "tuning", metric)
            assert found.mean >= 0 or found.p_value >= 0.05, (other.settings, metric)
