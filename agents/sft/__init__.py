"""Supervised fine-tuning: a language model learns from episodes, and is judged by how it plays.

`hopgym train sft` trains on what `hopgym expert` wrote, or on published cold-start data; in Python,
[`train`][hopgym.agents.sft.train.train] does. The trainer is TRL's; the loss is on the agent's
tokens alone, and the best checkpoint is the one that plays best.
"""
