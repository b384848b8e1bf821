import os
import subprocess
import sys
import time

import pytest

from hopgym.core import to_json
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.base import QuestionSet
from hopgym.envs.datasets.world import World
from hopgym.envs.datasets.world.config import SPLITS
from hopgym.errors import ConfigError

SMALL = {"entities": 150, "train": 40, "dev": 20, "test": 20}

HASH_ALL = """
import hashlib
from hopgym.core import to_json
from hopgym.envs.datasets.world import World
world = World(entities=150, train=40, dev=20, test=20, missing=0.1)
questions = [q for split in world.splits for q in world.questions(split)]
print(hashlib.sha256(to_json([list(world.documents), questions])).hexdigest(), world.fingerprint)
"""


def everything(**dials):
    world = World(**{**SMALL, **dials})
    return to_json([list(world.documents), *(world.questions(split) for split in SPLITS)])


def test_the_same_dials_give_the_same_bytes_in_every_process():
    printed = {
        subprocess.run(
            [sys.executable, "-c", HASH_ALL],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1 and len(printed.pop().split()) == 2


def test_the_order_of_asking_does_not_matter():
    world = World(**SMALL)
    backwards = {split: world.questions(split) for split in reversed(SPLITS)}
    assert to_json([list(world.documents), *(backwards[s] for s in SPLITS)]) == everything()


@pytest.mark.parametrize(
    "dials",
    [
        {"seed": 1},
        {"entities": 151},
        {"hops": "2-4"},
        {"kinds": "chain"},
        {"distractors": 0},
        {"paraphrase": 1},
        {"missing": 0.2},
        {"train": 41},
    ],
    ids=str,
)
def test_every_dial_changes_bytes_and_fingerprint(dials):
    assert everything(**dials) != everything()
    assert World(**{**SMALL, **dials}).fingerprint != World(**SMALL).fingerprint


def test_a_dial_in_another_form_is_the_same_world():
    plain = World(hops=(2, 4), kinds=("chain", "mixed"), entities=150)
    assert World(hops="2-4", kinds="mixed,chain", entities="150").fingerprint == plain.fingerprint


def test_a_longer_split_begins_like_a_shorter_one():
    short, long = World(**SMALL), World(**{**SMALL, "dev": 60})
    assert long.questions("dev")[:20] == short.questions("dev")


def test_missing_documents_make_questions_unreachable():
    world, whole = World(**SMALL, missing=0.2), World(**SMALL)
    present = {document.id for document in world.documents}
    for split in SPLITS:
        for question, same in zip(world.questions(split), whole.questions(split), strict=True):
            assert question.metadata["reachable"] == (present >= set(question.document_ids))
            assert (question.text, question.hops) == (same.text, same.hops)
            assert same.metadata["reachable"]
    reachable = [q.metadata["reachable"] for q in world.questions("train")]
    assert set(reachable) == {True, False}


def test_it_is_a_question_set():
    world = World(**SMALL)
    assert isinstance(world, QuestionSet) and world.questions("dev") is world.questions("dev")
    assert repr(world) == "World(150 entities, seed 0)"
    with pytest.raises(ConfigError, match="has no split 'tset'; it has: train, dev, test"):
        world.questions("tset")


def test_an_unknown_dial_is_named_with_its_neighbour():
    with pytest.raises(ConfigError, match=r"no dial 'entitys'\. Did you mean 'entities'\? Dials: "):
        World(entitys=100)
    with pytest.raises(ConfigError, match=r"no dial 'zzz'\. Dials: entities, hops, kinds"):
        World(zzz=1)


@pytest.mark.slow
def test_a_hundred_thousand_documents(capsys):
    started = time.perf_counter()
    world = World(entities=50_000)
    ids = {document.id for document in world.iter_documents()}
    with capsys.disabled():
        print(f"\n{len(ids)} documents in {time.perf_counter() - started:.1f} s")
    assert len(ids) >= 100_000


@pytest.mark.slow
def test_a_hundred_thousand_questions(capsys):
    started = time.perf_counter()
    world = World(entities=20_000, train=60_000, dev=20_000, test=20_000)
    telling = {document.id: document.text for document in world.iter_documents()}
    texts, chains, count = set(), set(), 0
    for split in SPLITS:
        for question in world.iter_questions(split):
            count += 1
            texts.add(question.text)
            chains.add(frozenset(question.facts[index] for index in question.gold_facts))
            assert all(hop.answer in telling[hop.document_ids[0]] for hop in question.hops)
            assert question.answers[0] in telling[question.hops[-1].document_ids[0]]
    with capsys.disabled():
        print(f"\n{count} questions in {time.perf_counter() - started:.1f} s")
    # All different, so that no two splits share a text or a chain either.
    assert count == len(texts) == len(chains) == 100_000


def test_its_name_tells_the_dials_and_makes_it_again():
    assert World().name == "world"
    world = World(entities=300, hops=(2, 4), kinds="chain,mixed", seed=5)
    assert world.name == "world?entities=300&hops=2-4&kinds=chain,mixed&seed=5"
    assert make_questions(world.name).fingerprint == world.fingerprint
