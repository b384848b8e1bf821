import pytest

from hopgym.benchmarks.judge_claims import KINDS, RIGHT, WRONG, Scene, world_claims
from hopgym.envs.datasets.world import World
from hopgym.errors import ConfigError
from hopgym.rewards.answer import exact_match
from hopgym.seeding import rng_for

WORLD = World(entities=300, dev=120)


@pytest.fixture(scope="module")
def claims():
    return world_claims(20, world=WORLD)


def test_every_kind_is_there_and_none_more_often_than_asked(claims):
    counts = {kind: sum(claim.kind == kind for claim in claims) for kind in KINDS}
    assert min(counts.values()) >= 10 and max(counts.values()) == 20
    assert [kind for kind, n in counts.items() if n < 20] in ([], ["alias"])


def test_the_truth_is_exact_match_but_for_sentences(claims):
    for kind, claim, truth, _ in claims:
        if kind != "in a sentence":
            assert exact_match(claim.answer, claim.golds) == truth, (kind, claim)


def test_each_kind_is_what_it_is_called(claims):
    by_id = {question.id: question for question in WORLD.questions("dev")}
    by_kind = {kind: [claim for claim in claims if claim.kind == kind] for kind in KINDS}
    for _, claim, _, _ in (*by_kind["in a sentence"], *by_kind["denied"], *by_kind["one of four"]):
        assert claim.golds[0] in claim.answer and claim.answer != claim.golds[0]
    for _, claim, _, question_id in by_kind["other hop's answer"]:
        assert claim.answer in {hop.answer for hop in by_id[question_id].hops}
    for _, claim, _, _ in by_kind["the question"]:
        assert claim.answer == claim.question
    for _, claim, _, _ in (*by_kind["similar entity"], *by_kind["part of the gold"]):
        assert set(claim.answer.lower().split()) & set(claim.golds[0].lower().split())
    texts = {document.text for document in WORLD.documents}
    assert all(claim.claim.answer in texts for claim in by_kind["the document"])
    assert all(claim.claim.golds == ("yes",) for claim in by_kind["yes and no"])


def test_others_are_of_the_golds_kind_or_numbers_nearby():
    universe = WORLD.universe
    for question in WORLD.questions("dev")[:40]:
        scene = Scene(WORLD, question, rng_for(0))
        assert scene.gold not in scene.others
        if scene.gold in universe.names:
            kind = universe.kinds[universe.names.index(scene.gold)]
            assert {universe.kinds[universe.names.index(n)] for n in scene.others} == {kind}
        else:
            assert all(abs(int(n) - int(scene.gold)) < 10 for n in scene.others)


def test_the_same_seed_gives_the_same_claims(claims):
    assert world_claims(20, world=World(entities=300, dev=120)) == claims
    assert world_claims(20, seed=1, world=WORLD) != claims


def test_hostile_kinds_are_wrong_and_honest_ones_right(claims):
    assert {claim.kind for claim in claims if claim.truth} == {*RIGHT, "yes"}
    assert {claim.kind for claim in claims if not claim.truth} == {
        *WRONG,
        "no for yes",
        "yes and no",
    }


def test_none_is_no_number():
    with pytest.raises(
        ConfigError, match="0 claims of each kind were asked for; ask for at least 1"
    ):
        world_claims(0, world=WORLD)
