"""`python -m hopgym.retrieval --documents D --output O --type dense --model M`.

The short way to a knowledge base; `hopgym kb build` has more options.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import HopgymError
from .kb import Recipe, build
from .kb.models import spec_for


def main(arguments: Sequence[str] | None = None) -> int:
    """Build a knowledge base; return the exit status."""
    parser = argparse.ArgumentParser("python -m hopgym.retrieval", description=__doc__)
    parser.add_argument("--documents", required=True, help="a JSON-lines file")
    parser.add_argument("--output", required=True, help="the folder of the knowledge base")
    parser.add_argument("--type", default="simple", help="simple, dense, bm25, hybrid, tantivy")
    parser.add_argument("--model", help="the encoder, of dense and hybrid")
    given = parser.parse_args(arguments)
    try:
        recipe = Recipe(spec_for(given.type, given.model))
        built = build(given.output, [given.documents], recipe)
    except HopgymError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(f"{given.output}: {built.about.passages} passages, {built.about.content}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
