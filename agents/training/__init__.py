"""What all learners of language models share: the model, the run's folder, held-out play, the logs.

`policy` loads and saves the model that is trained, `folder` is the run on disk, `examination` and
`held_out` let the model play while it learns, `journal` and `listeners` keep and show how it goes.
The learners themselves are `sft`, `ppo` and `grpo`.
"""
