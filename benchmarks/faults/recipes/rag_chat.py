"""`hopgym train rag_chat`: conversations with documents, a hybrid of attention and Mamba."""

from __future__ import annotations

from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="rag-chat",
        summary="a fresh hybrid, 24 steps, a checkpoint every 2, one of them kept",
        command=(
            "hopgym", "train", "rag_chat", "--output_dir", "{out}", "--block_pattern", "T,M",
            "--width", "32", "--vocabulary", "300",
            "--tasks", "world?entities=300&train=32&dev=4&test=0&hops=1", "--retriever_type", "bm25",
            "--top_k", "1", "--max_length", "512", "--epochs", "3", "--device_batch_size", "4",
            "--save_steps", "2", "--save_total_limit", "1", "--logging_steps", "5",
        ),
        resume=("--resume",),
    ),
)  # fmt: skip
