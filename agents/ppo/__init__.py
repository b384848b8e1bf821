"""Proximal policy optimisation of language models, in whole episodes: `hopgym train ppo`.

Every turn of an episode is paid as the environment pays it, and every token that the model wrote is
an action. In Python, [`train`][hopgym.agents.ppo.train.train] runs a whole training and
[`Learner`][hopgym.agents.ppo.learner.Learner] makes one update of episodes from anywhere.
"""
