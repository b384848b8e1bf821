"""D-RAG: a retriever of facts that learns from what the generator makes of them (`hopgym train drag`).

A graph network scores the facts of a question's graph, a differentiable sampler draws some, and a
language model answers from their words and from a vector of each, through which its loss reaches the
network. Gao et al., "D-RAG: Differentiable Retrieval-Augmented Generation for Knowledge Graph Question
Answering", EMNLP 2025. Nothing of theirs is published but the paper; this is made from its equations.
"""
