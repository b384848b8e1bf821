"""Chat models that answer from retrieved documents: fine-tuned, and used.

`hopgym train rag_chat` trains a causal language model, or a fresh one of attention and Mamba
layers, on conversations with documents in them (`hopgym.envs.conversations`); `Engine` answers with
it, streams, cites, and searches in between. Nanochat's retrieval proposal (pull request 62) called
the first `scripts/rag_finetune.py` and left it out.
"""
