from urllib.parse import parse_qs

from hopgym.benchmarks.published import published_for
from hopgym.benchmarks.suites import REAL, with_data


def test_all_sets_are_searched_in_one_pool(shared_data):
    pools = set()
    for task in REAL.tasks:
        options = parse_qs(with_data(task, shared_data).questions.partition("?")[2])
        pools.update(options["documents"])
    assert len(pools) == 1


def test_each_set_has_published_values_to_be_seen_beside_it():
    for task in REAL.tasks:
        assert published_for(task.questions.partition("?")[0]), task.name
