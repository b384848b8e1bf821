"""Document files for the tests of knowledge bases."""

import gzip
import json

from hopgym.core import Document
from hopgym.seeding import rng_for

WORDS = [
    "river",
    "king",
    "poet",
    "film",
    "song",
    "town",
    "mother",
    "author",
    "valley",
    "bridge",
    "winter",
    "north",
]


def records(count=30, words=12, seed=0):
    """Records of distinct documents, in no order of their ids."""
    rng = rng_for(seed, "kb", count)
    return [
        {
            "id": f"d{number:05}",
            "title": f"Place {number}",
            "text": f"Entry {number}: {' '.join(rng.choice(WORDS, words))}.",
        }
        for number in rng.permutation(count).tolist()
    ]


def write_lines(path, rows):
    """Write JSON lines, or lines that are bytes already; `.gz` is compressed."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    content = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def document(row):
    return Document(row["id"], row["title"], row["text"])


def inside(folder):
    """Every file of a folder with its content; lock files, which reading makes, are left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
