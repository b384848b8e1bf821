import pytest

from hopgym.envs.draws import rewound
from hopgym.seeding import rng_for


def test_what_fails_has_drawn_nothing():
    kept, lost = rng_for(1), rng_for(1)
    with pytest.raises(KeyError), rewound([lost]):
        lost.random(5)
        raise KeyError
    assert lost.random() == kept.random()


def test_what_does_not_fail_has_drawn():
    kept, drawn = rng_for(1), rng_for(1)
    with rewound([drawn]):
        drawn.random()
    kept.random()
    assert drawn.random() == kept.random()


def test_several_are_put_back_each_to_where_it_stood():
    generators, twins = ([rng_for(0, "draws", n) for n in range(3)] for _ in range(2))
    for generator, twin in zip(generators, twins, strict=True):
        assert generator.random() == twin.random()
    with pytest.raises(KeyboardInterrupt), rewound(iter(generators)):
        for count, generator in enumerate(generators):
            generator.integers(9, size=count)
        raise KeyboardInterrupt
    assert [g.random() for g in generators] == [t.random() for t in twins]
