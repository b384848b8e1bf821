from pathlib import Path

import pytest

from hopgym.benchmarks.suites import SUITES, make_suite
from hopgym.benchmarks.suites.table import BEGIN, END, suite_tables, with_tables
from hopgym.errors import ConfigError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "suites.md"


def test_the_page_is_what_the_suites_are():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, suite_tables()) == page, (
        "docs/suites.md is old: python -m hopgym.benchmarks.suites.table docs/suites.md"
    )


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_table_has_every_task_with_its_budget_and_fingerprint(name):
    table = suite_tables([name])
    for task in make_suite(name).tasks:
        (row,) = (line for line in table.splitlines() if line.startswith(f"| `{task.name}` |"))
        assert task.fingerprint in row and str(task.questions) in row
        assert all(f"{key}={value}" in row for key, value in task.env_kwargs.items())


def test_what_stands_between_the_lines_is_replaced_and_nothing_else():
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_tables(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_page_without_the_lines_is_refused(page):
    with pytest.raises(ConfigError, match="put both in"):
        with_tables(page, "new")
