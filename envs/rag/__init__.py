"""`hopgym/RAG-v0`: documents first, then the answer. The classic RAG, and recursive retrieval.

The environment retrieves when an episode begins, with the question and then, hop by hop, with what
a query generator writes; or the agent writes the further queries itself.
"""
