"""A knowledge base of ten documents, from files to answers: `python examples/knowledge_base.py`.

`examples/library` holds the documents and six questions of one to three hops, with their gold. Here
they are indexed, searched, put into a conversation, and played. From a command:

    hopgym kb build --documents examples/library/documents.jsonl --output kb/library
    python -m hopgym.retrieval --documents examples/library/documents.jsonl --output kb/library
    hopgym bench --envs hopgym/RAG-v0 --questions examples/library --split train --agents iterative
"""

import tempfile
from pathlib import Path

import gymnasium

import hopgym  # noqa: F401  (registers the environments)
from hopgym.envs.datasets import make_questions
from hopgym.retrieval.kb import Recipe, RetrievalManager, build

LIBRARY = Path(__file__).parent / "library"

if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp()) / "kb"
    built = build(folder, [LIBRARY / "documents.jsonl"], Recipe("bm25"))
    print(f"{built.about.passages} passages, {built.about.content}")

    manager = RetrievalManager(knowledge_base_path=folder)
    chat = {"messages": [{"role": "user", "content": "Who built the iron bridge?"}]}
    shown = manager.augment_conversation(chat, top_k=2)["messages"][0]["documents"]
    print([document["title"] for document in shown])

    keywords = {"questions": str(LIBRARY), "split": "train", "retriever": str(folder), "top_k": 2}
    env = gymnasium.make("hopgym/RAG-v0", hops=3, **keywords)
    for question in make_questions(str(LIBRARY)).questions("train"):
        _, info = env.reset(options={"question_id": question.id})
        found = set(question.document_ids) <= set(info["document_ids"])
        print(f"{question.text} ({len(question.hops)} hops): all gold documents found: {found}")
