from collections import Counter

import pytest

from hopgym.envs.datasets.world.names import make_names
from hopgym.envs.datasets.world.relations import KINDS
from hopgym.rewards.normalize import squad

COUNTS = {kind.name: 300 for kind in KINDS}


@pytest.fixture(scope="module")
def pairs():
    return list(make_names(COUNTS, 0))


def test_every_entity_has_a_name_of_its_own(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == sum(COUNTS.values()) == len(set(names))


def test_some_have_an_alias_and_no_alias_is_anyone_elses_name(pairs):
    names = {name for name, _ in pairs}
    aliases = [alias for _, alias in pairs if alias]
    assert 0.02 < len(aliases) / len(pairs) < 0.5
    assert len(aliases) == len(set(aliases)) and names.isdisjoint(aliases)


def test_names_stay_apart_when_answers_are_normalized(pairs):
    texts = [squad(text) for pair in pairs for text in pair if text]
    assert len(texts) == len(set(texts))


def test_names_collide_in_part(pairs):
    words = Counter(word for name, _ in pairs for word in set(name.split()))
    surnames = Counter(name.split()[-1] for name, _ in pairs[:300])
    shared = [name for name, _ in pairs if any(words[w] > 1 for w in name.split())]
    assert len(shared) / len(pairs) > 0.5
    assert surnames.most_common(1)[0][1] > 1


def test_names_hold_nothing_that_separates(pairs):
    for pair in pairs:
        for text in pair:
            assert not set(text) & set("\t\n,?{}") and text == text.strip()


def test_the_seed_and_the_kind_decide(pairs):
    assert list(make_names(COUNTS, 0)) == pairs != list(make_names(COUNTS, 1))


def test_names_do_not_run_out():
    pairs = list(make_names({"person": 5_000, "river": 3_000, "city": 20_000}, 3))
    assert len({name for name, _ in pairs}) == 28_000
