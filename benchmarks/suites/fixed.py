"""Which questions the suites were fixed on: a world that has changed is noticed, and not played."""

from __future__ import annotations

FIXED = {
    "world?hops=1": "5ad154cd3d81c85f",
    "world?hops=2": "5f6a15e7d90b2a0a",
    "world?hops=3": "83a9132d29aeb3df",
    "world?hops=4": "666429c9c23ff354",
    "world?hops=5": "f4614b94cefff344",
    "world?hops=6": "0a9044192d2aa149",
    "world?hops=1-4": "54f0ae72cf2bb00a",
    "world?hops=1-6": "0ee7df61e10a1cf3",
    "world?hops=1-3&missing=0": "8b12b3b7ce11e2e2",
    "world?hops=1-3&missing=0.1": "856f81f5cdfc2c18",
    "world?hops=1-3&missing=0.3": "ca5264cc95a29bcb",
    "world?hops=1-3&missing=0.5": "342d766cf7483a33",
    "world?hops=2-3&distractors=0&paraphrase=0": "185725d4dc2ff0dd",
    "world?hops=2-3&distractors=1&paraphrase=0": "8132a92429871fda",
    "world?hops=2-3&distractors=4&paraphrase=0": "ccbcc745367d1b20",
    "world?hops=2-3&distractors=0&paraphrase=0.5": "07c130dbffb9b01d",
    "world?hops=2-3&distractors=0&paraphrase=1": "e1f9c7db0a7c4a19",
    "world?hops=2-3&distractors=4&paraphrase=1": "f0a72b3c2015d39a",
}
"""The data set's fingerprint for each world of the suites."""
