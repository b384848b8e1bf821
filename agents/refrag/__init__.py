"""Recursive retrieval as a policy: search again or answer, learnt by imitation and then by RL."""
