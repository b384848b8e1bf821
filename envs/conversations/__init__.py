"""Conversations with retrieved documents in them: what a chat model is trained on, and shown.

    chats = make_chats("world?hops=2-2", split="train")
    task = create_rag_task(chats, "multi_hop", top_k_per_hop=2)
    conversation = task[0]                      # {"messages": [retrieval, user, assistant], ...}
    add_boundary_tokens(tokenizer, model)
    ids, mask = render_rag_conversation_for_tokenizer(conversation, tokenizer)

The names follow nanochat's retrieval proposal (pull request 62), which promised them.
"""

from .chats import Chats, make_chats
from .examples import create_rag_training_example
from .make import create_rag_task
from .multi_hop import MultiHopRAGTask
from .render import render_rag_conversation_for_tokenizer
from .shown import documents_shown
from .static import StaticRAGTask, write_contexts
from .task import RAGTask
from .tokens import CHAT_TOKENS, add_boundary_tokens

__all__ = [
    "CHAT_TOKENS",
    "Chats",
    "MultiHopRAGTask",
    "RAGTask",
    "StaticRAGTask",
    "add_boundary_tokens",
    "create_rag_task",
    "create_rag_training_example",
    "documents_shown",
    "make_chats",
    "render_rag_conversation_for_tokenizer",
    "write_contexts",
]
