"""What the README and the docs pages show is run."""

import doctest
import importlib
import pkgutil
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
import typer

import hopgym
from hopgym.__main__ import build_app
from hopgym.errors import MissingExtraError

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_blocks_run(page, capsys):
    for number, code in enumerate(blocks(page, "python")):
        exec(compile(code, f"{page.name} block {number}", "exec"), {"__name__": "docs"})


@pytest.mark.parametrize("name", ["README.md", "docs/dag_search.md"])
def test_the_planned_example_is_about_its_question(name, capsys):
    code = next(code for code in blocks(ROOT / name, "python") if "DagSearch-v0" in code)
    exec(compile(code, name, "exec"), {"__name__": "docs"})
    said = capsys.readouterr().out
    (question,) = re.findall(r'print\(info\["question"\]\)  # (.*)', code)
    assert said.startswith(f"{question}\n") and "'semantic': 0.5" in said


def test_the_readme_s_example_on_a_graph_prints_what_it_says(capsys):
    code = next(code for code in blocks(ROOT / "README.md", "python") if "KGSubgraph-v0" in code)
    exec(compile(code, "README.md", "exec"), {"__name__": "docs"})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print\(.*\)  # (.*)", code, re.M)


def test_the_readme_s_example_with_documents_prints_what_it_says(capsys):
    code = next(code for code in blocks(ROOT / "README.md", "python") if "RAG-v0" in code)
    exec(compile(code, "README.md", "exec"), {"__name__": "docs"})
    said = capsys.readouterr().out
    asked, paid = re.findall(r"^print\(.*\)  # (.*)", code, re.M)
    assert said.startswith(f"Question: {asked.partition(', and')[0]}\n") and "[DOC_1]" in said
    assert said.splitlines()[-1] == paid


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_and_their_options_exist(page):
    command = typer.main.get_command(build_app())
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^hopgym ([a-z][^\n]*)", text, re.M):
        words = shlex.split(line, comments=True)
        sub = command.commands[words[0]]  # a command that does not exist fails here
        flags = all(word.startswith("-") for word in words[1:2])
        alone = getattr(sub, "invoke_without_command", False) and flags  # as `hopgym redteam` is
        if hasattr(sub, "commands") and not alone:  # a group, such as `hopgym serve retriever`
            sub = sub.commands[words[1]]
        options = {name for parameter in sub.params for name in parameter.opts}
        own = takewhile(lambda word: word != "--", words)  # behind it stands another command
        assert {word.split("=")[0] for word in own if word.startswith("--")} <= options, line


MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(hopgym.__path__, "hopgym.")
    if module.name.split(".")[1] not in ("tests", "examples", "docs", "build", "__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    try:
        module = importlib.import_module(name)
    except MissingExtraError as error:  # verifiers needs an environment of its own
        pytest.skip(str(error))
    assert doctest.testmod(module).failed == 0


def test_the_quickstart_s_agent_joins_the_suite_by_the_command_it_shows(tmp_path):
    page = ROOT / "docs/quickstart.md"
    (code,) = [block for block in blocks(page, "python") if "def play" in block]
    (tmp_path / "my_agent.py").write_text(code)
    shown = re.findall(
        r"^hopgym (bench --suite quick --agents my_agent\.py:play.*)$", page.read_text(), re.M
    )
    words = [sys.executable, "-m", "hopgym", *shlex.split(shown[0]), "--episodes", "2"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "play on world: 2 episodes" in done.stderr + done.stdout
    assert "play on facts" not in done.stderr + done.stdout
