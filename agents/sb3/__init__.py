"""Policies of Stable-Baselines3 that select facts: `hopgym train sb3`, and the agent `sb3`.

A graph network of torch-geometric reads the padded observation of `hopgym/KGSubgraph-v0`, and a
head that points says which fact comes next.
"""
