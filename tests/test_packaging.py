"""The wheel holds every folder of the package and nothing else."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALONE = {"verifiers", "vllm"}
"""Extras whose own wants exclude the others', and so have an environment of their own."""
NOT_SHIPPED = {"tests", "docs", "examples", "results", "build", "dist"}


def test_the_package_list_equals_the_folders():
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    folders = {
        ".".join(("hopgym", *path.parent.relative_to(ROOT).parts))
        for path in ROOT.rglob("__init__.py")
        if not (set(path.relative_to(ROOT).parts) & NOT_SHIPPED)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert listed == folders


def test_only_the_face_stands_at_the_root():
    names = {path.name for path in ROOT.glob("*.py")}
    assert names == {
        "__init__.py",
        "__main__.py",
        "core.py",
        "errors.py",
        "files.py",
        "listing.py",
        "registry.py",
        "seeding.py",
    }


def test_every_extra_is_named_in_the_constraints():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [
        "llm",
        "vllm",
        "dense",
        "graph",
        "sb3",
        "judges",
        "web",
        "mamba",
        "ray",
        "plots",
        "all",
        "dev",
    ]
    assert set(wanted) <= set(extras)
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    for name in sorted(set(extras) - ALONE):
        for requirement in extras[name]:
            name = requirement.partition(">")[0].lower()
            assert name.startswith("hopgym") or name in pinned, name
    assert not ALONE & (pinned | parts_of(extras["all"]))


def test_what_the_tests_and_the_leaderboard_need_is_installed_for_developers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = parts_of(project["optional-dependencies"]["dev"])
    assert {"llm", "dense", "fast", "plots", "hub"} <= parts


def parts_of(extra):
    """The extras that an extra is made of."""
    (parts,) = (line[len("hopgym[") : -1] for line in extra if line.startswith("hopgym["))
    return set(parts.split(","))
