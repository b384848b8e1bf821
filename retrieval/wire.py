r"""Documents on the wire: `{"id", "contents"}`, the title in the first line of the contents.

The form of Search-R1's and FlashRAG's corpora and servers. Used by the server and by the client,
so that what one writes the other reads back; it knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import Document


def contents_of(document: Document) -> str:
    r"""Write a title, in quotation marks, and a text as one string.

    >>> contents_of(Document("a", "Ada", "A mathematician."))
    '"Ada"\nA mathematician.'
    """
    title = " ".join(document.title.split("\n"))  # a line break would end it too early
    return f'"{title}"\n{document.text}'


def split_contents(contents: str) -> tuple[str, str]:
    r"""Return the title and the text of contents; without a line break all is text.

    >>> split_contents('"Ada"\nA mathematician.'), split_contents("A mathematician.")
    (('Ada', 'A mathematician.'), ('', 'A mathematician.'))
    """
    first, newline, rest = contents.partition("\n")
    if not newline:
        return "", contents
    title = first.strip()
    quoted = len(title) > 1 and title[0] == title[-1] == '"'
    return (title[1:-1] if quoted else title), rest


def to_wire(document: Document) -> dict[str, Any]:
    r"""Return a document as a server sends it; what is not the default is sent along.

    Metadata stays at home: it may hold what an agent must not read.

    >>> to_wire(Document("a", "Ada", "", source="News"))
    {'id': 'a', 'contents': '"Ada"\n', 'source': 'News'}
    """
    record = {"id": document.id, "contents": contents_of(document)}
    if document.source != "General":
        record["source"] = document.source
    return record


def title_and_text(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the title and text of a record from elsewhere, or None if it has no text.

    >>> title_and_text({"title": "Ada", "text": "A mathematician."})
    ('Ada', 'A mathematician.')
    """
    text = next(
        (record[name] for name in ("contents", "text", "content") if name in record),
        None,
    )
    if not isinstance(text, str):
        return None
    title = record.get("title")
    if "contents" not in record and isinstance(title, str):
        return title, text
    return split_contents(text)
