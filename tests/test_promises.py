"""What the table of promises names exists, and every promise that is kept names what shows it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "rag_promises.md"
STATES = ("yes", "partly", "planned", "no")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in cells if row[0].strip() != "promised"]


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:50])
def test_what_a_promise_names_exists(row):
    assert len(row) == 4, row
    for path, name in TEST.findall(row[2]):
        assert (ROOT / path).is_file(), path
        assert not name or name in functions(path), f"{path} has no {name}"
    for target in LINK.findall(" ".join(row)):
        assert (PAGE.parent / target).exists(), target
    named = re.sub(TEST, "", row[2]).strip(", ")
    assert not named, f"{row[0]}: {named!r} is not the name of a test"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:50])
def test_what_is_kept_is_shown_by_a_test(row):
    assert row[1] and row[3] in STATES
    assert TEST.search(row[2]) or row[3] in ("planned", "no"), row[0]


def test_the_page_counts_its_lines():
    counts = {state: sum(row[3] == state for row in rows()) for state in STATES}
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    said = "Of {} lines {yes} say yes, {partly} partly, {planned} planned and {no} no."
    assert said.format(len(rows()), **counts) in text
    assert len({row[0] for row in rows()}) == len(rows())


def test_the_twelve_defects_have_a_line_each():
    section = PAGE.read_text(encoding="utf-8").partition("## Why the earlier code did not work")[2]
    assert re.findall(r"^\| (\d+): ", section, re.M) == [str(n) for n in range(1, 13)]
