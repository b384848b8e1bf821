"""Knowledge bases: document files made searchable, in a folder that any process can open.

    build("kb/wiki", ["wiki.jsonl.gz"], Recipe("bm25", chunk_tokens=100, overlap=20))
    add("kb/wiki", ["more.jsonl"])
    retriever = make_retriever("kb/wiki")

Nothing is pickled, and nothing in the folder changes but as a whole. On the command line:
`hopgym kb build|add|merge|search|info|verify|export`. For conversations there is `RetrievalManager`.
"""

from .build import Built, add, build
from .chunking import Chunking, document_id
from .manager import RetrievalManager, prepare_knowledge_base
from .manifest import KnowledgeBase, Recipe, describe, verify
from .merge import merge
from .retrieved import RetrievedDocument

__all__ = [
    "Built",
    "Chunking",
    "KnowledgeBase",
    "Recipe",
    "RetrievalManager",
    "RetrievedDocument",
    "add",
    "build",
    "describe",
    "document_id",
    "merge",
    "prepare_knowledge_base",
    "verify",
]
