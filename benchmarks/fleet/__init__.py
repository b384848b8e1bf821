"""A thousand workers that share a retriever, simulated: where does it become too narrow?

The retriever's speed is measured here; the workers are simulated with simpy.
"""
