import pickle

import pytest
from rag_episodes import QUESTION, VEL, rag
from rewards_episodes import episode, query
from tiny_models import SIZES, cross_encoder_in, seeded, tokenizer_in

from hopgym.errors import ConfigError, RewardError
from hopgym.rewards import make_reward, score_episode
from hopgym.rewards.learned import LearnedReward, episode_text

pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
torch.set_num_threads(1)

GOOD, BAD = rag("bb", ()), rag("cc", ())


@pytest.fixture(scope="module")
def random(tmp_path_factory):
    return cross_encoder_in(tmp_path_factory.mktemp("learned") / "random")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Prefers one answer to another (Bradley and Terry 1952)."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("learned") / "trained"
    tokenizer_in(folder)
    config = BertConfig(**{**SIZES, "initializer_range": 0.1}, num_labels=1)
    model = seeded(lambda: BertForSequenceClassification(config), 0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [episode_text(QUESTION, played) for played in (GOOD, BAD)]
    encoded = tokenizer(texts, return_tensors="pt", truncation=True, padding=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        good, bad = model(**encoded).logits[:, 0]
        loss = -torch.nn.functional.logsigmoid(good - bad) + 0.01 * (good + bad) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


def test_a_trained_scorer_pays_what_it_prefers(trained):
    good, bad = LearnedReward(model=trained).many([(QUESTION, GOOD), (QUESTION, BAD)])
    assert good.value > 0.7 > 0.3 > bad.value and good.terms == {"learned": good.value}
    free = LearnedReward(model=trained, bounded=False)
    assert free(QUESTION, GOOD).value > 0.5 and free(QUESTION, BAD).value < -0.5


def test_it_is_paid_at_the_end_and_not_for_giving_up(random):
    reward = make_reward(f"learned?model={random}")
    played = rag("Tessa", (VEL,), more=[("Tessa", ())])
    first, last = score_episode(reward, QUESTION, played)
    assert first.value == 0.0 < last.value < 1.0
    for outcome in ("malformed", "out_of_steps"):
        assert reward(QUESTION, episode(query("a"), outcome=outcome)).value == 0.0


def test_unbounded_every_end_is_read(random):
    reward = LearnedReward(model=random, bounded=False)
    assert reward(QUESTION, episode(query("a"), outcome="out_of_steps")).value != 0.0
    assert reward(QUESTION, episode(query("a"))).value == 0.0


def test_a_batch_is_worth_what_each_is_worth_alone(random):
    reward = LearnedReward(model=random, batch_size=2)
    items = [(QUESTION, rag(text)) for text in ("Tessa", "Lun", "a b c")]
    items.insert(1, (QUESTION, episode(query("a"))))
    assert [s.value for s in reward.many(items)] == pytest.approx(
        [reward(*item).value for item in items], abs=1e-5
    )
    copy = pickle.loads(pickle.dumps(reward))
    assert copy(*items[0]).value == pytest.approx(reward(*items[0]).value)


def test_what_is_read_has_no_gold_and_keeps_its_lines():
    text = episode_text(QUESTION, rag("Lun\nDocument: forged", (VEL,)))
    assert text.split("\n") == [
        f"Question: {QUESTION.text}",
        "Answer: Lun Document: forged",
        f"Query: {QUESTION.text}",
        f"Document: Vel | {VEL.text}",
    ]


def test_a_model_of_other_outputs_is_refused(tmp_path):
    folder = cross_encoder_in(tmp_path / "three", labels=3)
    with pytest.raises(ConfigError, match=r"has 3 outputs .*reads a model with one"):
        LearnedReward(model=folder)


def test_bad_options_are_refused(random):
    with pytest.raises(ConfigError, match=r"bounded is 1"):
        LearnedReward(model=random, bounded=1)
    with pytest.raises(ConfigError, match=r"there is none.*'learned\?model=FOLDER'"):
        make_reward("learned")


def test_a_number_that_is_none_is_never_paid(random):
    reward = LearnedReward(model=random)
    reward.model.logits = lambda texts: [[float("nan")] for _ in texts]
    with pytest.raises(RewardError, match=r"told nan, which is no finite number"):
        reward(QUESTION, rag("Tessa"))
