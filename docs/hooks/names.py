"""A page of everything that has a name: what `hopgym agents`, `rewards` and so on list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from hopgym.agents import AGENTS
from hopgym.benchmarks.audit.checks import CHECKS
from hopgym.benchmarks.redteam.families import FAMILIES
from hopgym.benchmarks.suites import SUITES
from hopgym.envs.datasets import DATASETS
from hopgym.envs.grammars import GRAMMARS
from hopgym.registry import Registry
from hopgym.retrieval import RETRIEVERS
from hopgym.retrieval.encoders import ENCODERS
from hopgym.retrieval.generators import GENERATORS
from hopgym.retrieval.readers import READERS
from hopgym.retrieval.rerankers import RERANKERS
from hopgym.rewards import REWARDS
from hopgym.rewards.judges import JUDGES
from hopgym.rewards.kg import FACT_READERS
from hopgym.rewards.support import SUPPORTERS

ABOUT = """# Names

Wherever a name is taken, `module:attribute` and `file.py:attribute` of your own are taken too, and
options follow the name: `"bm25?k1=1.2"`.
"""

REGISTRIES: tuple[Registry[Any], ...] = (
    *(AGENTS, DATASETS, GRAMMARS, REWARDS, JUDGES, FACT_READERS, SUPPORTERS),
    *(RETRIEVERS, ENCODERS, RERANKERS, GENERATORS, READERS),
    *(SUITES, CHECKS, FAMILIES),
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    text = "\n".join([ABOUT, *(line for registry in REGISTRIES for line in table(registry))])
    files.append(File.generated(config, "names.md", content=f"{text}\n"))
    return files


def table(registry: Registry[Any]) -> Iterator[str]:
    """Write what a registry holds, below a heading."""
    noun = registry.noun.capitalize()
    yield f"## {noun}s\n\nListed by `{registry.listing}`.\n\n| {noun} | |\n|---|---|"
    for name in registry:
        yield f"| `{name}` | {registry.summary(name)} |".replace("<", "&lt;")
    yield ""
