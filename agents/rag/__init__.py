"""RAG: two towers that retrieve and a T5 that reads, trained end to end (`hopgym train rag`).

What is retrieved is a latent variable that the likelihood of the answer is summed over, so that the
generator's loss teaches the retriever too. Towers: Karpukhin et al., "Dense Passage Retrieval for
Open-Domain Question Answering", arXiv 2004.04906. Likelihood and decoding: Lewis et al.,
"Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks", arXiv 2005.11401. The other
reader: Izacard & Grave, "Leveraging Passage Retrieval with Generative Models for Open Domain
Question Answering", arXiv 2007.01282.
"""
