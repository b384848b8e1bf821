"""Compress, sense, expand: documents read as one vector for every k tokens (REFRAG, arXiv 2509.01092).

Retrieved documents are cut into chunks of k tokens; an encoder makes one vector of each, a projector
brings it among the decoder's word embeddings, and a policy expands the chunks that are worth their
tokens. Needs the extra `llm`.
"""
