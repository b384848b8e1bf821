"""On models of a few thousand numbers: random ones, and one that learnt which letters are alike."""

import pytest
from tiny_models import SIZES, cross_encoder_in, seeded, tokenizer_in

from hopgym.errors import ConfigError
from hopgym.rewards import make_reward
from hopgym.rewards.hallucination import check_hallucination
from hopgym.rewards.nli import NLISupport, hypothesis
from hopgym.rewards.support import Checkable, make_supporter

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
torch.set_num_threads(1)

LETTERS = "bcdf"
LABELS = {0: "contradiction", 1: "entailment", 2: "neutral"}


def nli_in(folder, labels=LABELS, steps=0, seed=0):
    """A classifier of pairs; trained, it finds a letter entailed by the same letter."""
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer_in(folder)
    config = BertConfig(
        **SIZES,
        id2label=labels,
        label2id={name: n for n, name in labels.items()},
    )
    model = seeded(lambda: BertForSequenceClassification(config), seed)
    if steps:
        train(model, folder, steps)
    model.save_pretrained(folder)
    return folder


def train(model, folder, steps):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    pairs = [(a, b) for a in LETTERS for b in LETTERS]
    encoded = tokenizer([a for a, _ in pairs], [b for _, b in pairs], return_tensors="pt")
    target = torch.tensor([1 if a == b else 0 for a, b in pairs])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(**encoded).logits, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return nli_in(tmp_path_factory.mktemp("nli") / "trained", steps=60)


@pytest.fixture(scope="module")
def random(tmp_path_factory):
    return nli_in(tmp_path_factory.mktemp("nli") / "random")


def test_a_trained_model_finds_what_is_entailed(trained):
    checker = NLISupport(model=trained, batch_size=3)
    items = [Checkable(a, tuple(LETTERS)) for a in LETTERS]
    told = checker.check([*items, Checkable("b", ("c", "d")), Checkable("b", ())])
    assert [one.document for one in told[:4]] == [0, 1, 2, 3]
    assert all(one.supported for one in told[:4])
    assert not told[4].supported and told[4].document is None and "entailed at 0" in told[4].reason
    assert told[5].reason == "nothing shown"


def test_it_checks_texts_and_rewards(trained):
    by = f"nli?model={trained}"
    found = check_hallucination("b c", ["b"], by=by)
    assert found.claims == () and check_hallucination("bc", ["b"], by=by).rate in (0.0, 1.0)
    assert repr(make_supporter(by)) == "NLISupport('trained', threshold=0.5)"
    assert make_reward("rag", hallucination=0.5, support=by).support == by


def test_a_random_model_answers_too(random):
    told = NLISupport(model=random).check([Checkable("Tessa", ("Ada was born in Tessa.", "x"))])
    assert isinstance(told[0].supported, bool)
    (sure,) = NLISupport(model=random, threshold=0.0).check([Checkable("Tessa", ("x",))])
    assert sure.supported


def test_a_short_answer_is_read_after_its_question():
    assert hypothesis("Tessa", "") == "Tessa"
    whole = "Ada Orm was born in the town of Tessa."
    assert hypothesis(whole, "Where?") == whole


def test_the_label_must_be_there(tmp_path, random):
    plain = cross_encoder_in(tmp_path / "plain", labels=3)
    with pytest.raises(ConfigError, match=r"no label 'entailment'; its labels are LABEL_0.*label="):
        NLISupport(model=plain)
    checker = NLISupport(model=plain, label="LABEL_2")
    assert len(checker.check([Checkable("a", ("b",))])) == 1
    two = nli_in(tmp_path / "two", {0: "not_entailment", 1: "ENTAILMENT"})
    assert len(NLISupport(model=two).check([Checkable("a", ("b",))])) == 1
    one = nli_in(tmp_path / "one", {0: "entailment"})
    (told,) = NLISupport(model=one).check([Checkable("a", ("b",))])
    assert "entailed at 0." in told.reason
    with pytest.raises(ConfigError, match=r"threshold is 2"):
        NLISupport(model=random, threshold=2)
