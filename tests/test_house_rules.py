"""The rules of the house, as far as a machine can check them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ["retrieval", "rewards", "envs", "agents", "benchmarks"]
FOUNDATION = {"core", "errors", "registry", "listing", "files", "seeding"}
MODULES = sorted(
    path.relative_to(ROOT)
    for layer in LAYERS
    for path in (ROOT / layer).rglob("*.py")
    if "__pycache__" not in path.parts
)


def imports_of(path: Path) -> set[str]:
    """The first part, below hopgym, of everything that a module imports from hopgym."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    package = ("hopgym", *path.parts[:-1])
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = (*base, *((node.module or "").split(".") if node.module else ()))
            names = [(*name, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        found |= {n[1] for n in names if n[0] == "hopgym" and len(n) > 1}
    return found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_nothing_imports_upward(path):
    layer = LAYERS.index(path.parts[0])
    allowed = FOUNDATION | set(LAYERS[: layer + 1]) | {"__version__"}
    assert imports_of(path) <= allowed, f"{path} imports {imports_of(path) - allowed}"


@pytest.mark.parametrize("name", sorted(FOUNDATION))
def test_the_foundation_stands_on_itself(name):
    found = imports_of(Path(f"{name}.py"))
    assert found <= FOUNDATION
    assert name != "core" or not found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_each_module_has_its_test(path):
    if path.name == "__init__.py":
        return
    mirror = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert mirror.is_file(), f"{path} has no test {mirror.relative_to(ROOT)}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_files_and_functions_stay_readable(path):
    source = (ROOT / path).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400, f"{path}: would two nouns be happier in two rooms?"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            docstring = ast.get_docstring(node, clean=False) or ""
            assert length - docstring.count("\n") <= 60, f"{path}: {node.name} has {length} lines"


def test_importing_hopgym_loads_nothing_heavy():
    heavy = "torch transformers trl peft bm25s scipy matplotlib datasets pandas openai rich typer"
    code = f"import sys, hopgym; print([m for m in '{heavy}'.split() if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
