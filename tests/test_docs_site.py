"""The docs site: it builds without a warning, has a page for everything, and loads nothing from elsewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hopgym.envs import ENVS
from hopgym.envs.pages import page_name

pytest.importorskip("mkdocs")

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
LOADS = re.compile(r"""<(?!a\b)\w+\b[^>]*?\s(?:src|href|srcset|data|poster)=["']?([^"'\s>]+)""")
CROSS = re.compile(r"\]\[(hopgym(?:\.\w+)+)\]")


def build(folder, quick):
    """Build the site as `make docs-site` does: any warning is an error (but not if `--quiet`)."""
    settings = {"NO_MKDOCS_2_WARNING": "1", **({"HOPGYM_DOCS_QUICK": "1"} if quick else {})}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "WARNING" not in done.stderr, done.stderr[-4000:]
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site without the modules' pages, but for the foundation's."""
    return build(tmp_path_factory.mktemp("docs") / "site", quick=True)


def loaded(page):
    """What a page loads: not where its links lead."""
    return LOADS.findall(page)


def test_what_a_page_loads_is_told_from_where_it_leads():
    page = '<a href="https://a.org">x</a><img src="https://b.org/x.png"><link href="//c.org/x.css">'
    assert loaded(page) == ["https://b.org/x.png", "//c.org/x.css"]


def test_a_heading_of_the_readme_is_found_in_the_sources(site):
    page = (site / "suites" / "index.html").read_text(encoding="utf-8")
    assert 'blob/main/README.md#compare"' in page and 'href="../index.html#compare' not in page


def test_nothing_is_loaded_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        for url in loaded(page.read_text(encoding="utf-8")):
            assert not re.match(r"(https?:)?//", url), f"{page.relative_to(site)} loads {url}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text(encoding="utf-8"))


@pytest.mark.parametrize("env_id", sorted(env for env in ENVS if env.startswith("hopgym/")))
def test_each_environment_has_a_page(site, env_id):
    page = (site / "environments" / page_name(env_id) / "index.html").read_text(encoding="utf-8")
    assert env_id in page and "max_steps" in page and "observation:" in page


def test_every_hand_written_page_is_in_the_site(site):
    for page in (ROOT / "docs").rglob("*.md"):
        path = page.relative_to(ROOT / "docs").with_suffix("")
        folder = site if path.name == "index" else site / path
        assert (folder / "index.html").is_file(), path


def test_the_search_knows_the_pages(site):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert {"faq/", "suites/", "environments/rag-v0/"} <= {doc["location"] for doc in index["docs"]}


def test_links_out_of_the_docs_lead_to_the_sources(site):
    page = (site / "your_own" / "index.html").read_text(encoding="utf-8")
    assert 'href="../examples/own_agent/"' in page and 'href="../contributing/"' in page


def test_docstrings_refer_to_what_exists():
    """A slow test builds all pages of modules; this one finds most of what would break it."""
    layers = ("retrieval", "rewards", "envs", "agents", "benchmarks")
    for path in (path for layer in layers for path in (ROOT / layer).rglob("*.py")):
        for name in CROSS.findall(path.read_text(encoding="utf-8")):
            parts = name.split(".")[1:]
            places = [ROOT.joinpath(*parts[: len(parts) - cut]) for cut in range(3)]
            found = [
                p for p in places if p.with_suffix(".py").is_file() or (p / "__init__.py").is_file()
            ]
            assert found, f"{path.relative_to(ROOT)} refers to {name}"


@pytest.mark.slow
def test_the_whole_site_builds_with_a_page_for_each_public_module(tmp_path):
    site = build(tmp_path / "site", quick=False)
    for module in ("hopgym.core", "hopgym.envs", "hopgym.agents.rollout", "hopgym.rewards"):
        page = (site / "api" / module / "index.html").read_text(encoding="utf-8")
        assert f'id="{module}"' in page


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def run(path, folder):
    """Run a notebook in a folder of its own; return what each cell printed."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=500, resources=resources).execute()
    return [printed(cell) for cell in notebook.cells if cell["cell_type"] == "code"]


def printed(cell):
    texts = (output.get("text", "") for output in cell["outputs"] if output.get("name") != "stderr")
    return "".join("".join(text) for text in texts)


@pytest.mark.parametrize("name", ["quickstart", pytest.param("reward", marks=pytest.mark.slow)])
def test_a_notebook_runs_and_prints_what_it_shows(name, tmp_path):
    path = ROOT / "docs" / "notebooks" / f"{name}.ipynb"
    shown = [printed(cell) for cell in cells(path) if cell["cell_type"] == "code"]
    assert any(shown)
    assert run(path, tmp_path) == shown


@pytest.mark.slow  # it learns: what it prints depends on the processor
def test_the_notebook_that_trains_ends_above_who_learns_nothing(tmp_path):
    table = run(ROOT / "docs" / "notebooks" / "train.ipynb", tmp_path)[-1]
    f1 = {line.split()[0]: float(line.split()[2]) for line in table.splitlines()}
    assert f1["run"] > max(f1["random"], f1["cosine"]) and f1["oracle"] == 100.0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_says_nothing_of_this_machine(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < 30_000 and str(Path.home()) not in text and "/tmp" not in text
    assert all(cell.get("execution_count") is None for cell in cells(path))
