"""`hopgym kb build`: documents made searchable."""

from __future__ import annotations

from ..artefact import Omission
from ..making import prepared_by
from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="kb",
        summary="a knowledge base, cut into passages and freed of doubles",
        command=(
            "hopgym", "kb", "build", "--documents", "{given}/documents.jsonl", "--output", "{out}",
            "--chunk-tokens", "16", "--overlap", "4", "--near-duplicates", "0.9",
        ),
        omissions=(Omission("manifest.json", "a digest over the random name", ("seal",)),),
        aliases={r"data-(?!building)[a-z0-9_]{8}": "data"},
        prepare=prepared_by(("world", "--entities", "5000", "--out", "{given}")),
    ),
)  # fmt: skip
