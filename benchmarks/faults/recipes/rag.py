"""`hopgym train rag`: retriever and reader end to end, the passages encoded anew at times."""

from __future__ import annotations

from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="rag",
        summary="24 steps end to end, the index made anew every 4, a checkpoint every 3",
        command=(
            "hopgym", "train", "rag", "--output_dir", "{out}",
            "--dataset_name", "world?entities=60&train=24&dev=4&test=0&hops=1",
            "--question_encoder", "tiny", "--generator_model", "tiny", "--n_docs", "2",
            "--batch_size", "4", "--num_epochs", "4", "--warmup_steps", "1",
            "--learning_rate", "3e-3", "--reindex_every", "4", "--max_question_tokens", "32",
            "--max_passage_tokens", "48", "--max_input_tokens", "64", "--max_answer_tokens", "12",
            "--logging_steps", "2", "--save_steps", "3", "--eval_steps", "4", "--device", "cpu",
        ),
        resume=("--resume",),
    ),
)  # fmt: skip
