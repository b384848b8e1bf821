"""The small built-in policy: its tokenizer, its architecture, its teacher and its training."""
