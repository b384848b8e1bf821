"""The real files load and play: at random, and by their gold facts."""

import numpy as np
import pytest
from subgraphs import env, play

from hopgym.envs.datasets import make_questions
from hopgym.seeding import rng_for

PLAYED = 40
"""Questions of each set."""

# What each is, and how many of the episodes that select the gold facts name a gold answer.
SETS = (
    ("metaqa", "metaqa?path={}&hops=1", "test", 9_947, 0.95),
    ("metaqa", "metaqa?path={}&hops=2", "test", 14_872, 0.8),
    ("metaqa", "metaqa?path={}&hops=3", "dev", 14_274, 0.3),
    ("pathquestion", "pathquestion?path={}&part=PQ-2H", "train", 1_482, 0.9),
    ("pathquestion", "pathquestion?path={}&part=PQ-3H", "train", 4_250, 0.75),
    ("webqsp_cwq/webqsp_path_graphs_1000.jsonl.gz", "{}", "train", 1_000, 0.7),
)


@pytest.fixture(params=SETS, ids=lambda given: given[1].format(given[0]))
def real(request, shared_data):
    """A set, its split, and what is known of it."""
    place, spec, split, count, hits = request.param
    if not (shared_data / place).exists():
        pytest.skip(f"no {place}")
    questions = make_questions(spec.format(shared_data / place))
    assert len(questions.questions(split)) == count
    return {"questions": questions, "split": split}, count, hits


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
@pytest.mark.parametrize("observation", ["graph", "padded"])
def test_they_play(real, mode, observation):
    keywords, count, _ = real
    made = env(**keywords, mode=mode, observation=observation, top_k=128, max_steps=8)
    rng = rng_for(0, "real", mode)
    for index in range(0, count, count // PLAYED):
        assert made.reset(options={"index": index})[0] in made.observation_space
        rewards, info = play(made, rng, options={"index": index})
        assert np.isfinite(rewards).all()
        assert all(value >= 0 for value in info["metrics"].values())


def test_their_gold_facts_name_the_answers(real):
    keywords, count, hits = real
    made = env(**keywords, top_k=1_000)
    told = []
    for index in range(0, count, count // PLAYED):
        made.reset(options={"index": index})
        case = made.game.case(0)
        action = np.zeros(1_000, np.int8)
        action[: case.num_facts] = case.gold
        *_, info = made.step(action)
        if case.num_gold:
            assert info["metrics"]["fact_recall"] == info["metrics"]["offered_recall"]
            assert info["metrics"]["fact_precision"] in (0.0, 1.0)
        told.append(info["metrics"]["hit_exact"])
    assert np.mean(told) >= hits


def test_every_question_of_webqsp_can_be_played(shared_data):
    file = shared_data / "webqsp_cwq/webqsp_path_graphs_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("no WebQSP")
    made = env(questions=str(file), top_k=64)
    for index in range(1_000):
        made.reset(options={"index": index})
        made.step(np.ones(64, np.int8))
