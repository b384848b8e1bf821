"""Ask a trained model one question: once as any language model, and once in its environment.

`python examples/trained_model.py FOLDER GRAMMAR "QUESTION"`, with the folder that `hopgym train`
left and `dag` or `r3`; without arguments the built-in small policy is asked. The first part needs
nothing of hopgym but the system's message; it ends where the model wants to search. The second lets
it search, and answer.
"""

import sys

from transformers import AutoModelForCausalLM, AutoTokenizer

from hopgym.agents import make_agent
from hopgym.agents.lanes import Job
from hopgym.agents.rollout import rollout
from hopgym.agents.tiny.policy import CHECKPOINT
from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.envs.grammars import make_grammar

WORLD = make_questions("world?entities=300&hops=2&train=1&dev=0&test=0")
ENVS = {"dag": "hopgym/DagSearch-v0", "r3": "hopgym/SearchRead-v0"}

folder, grammar, question = (*sys.argv[1:4], *(str(CHECKPOINT), "r3", "")[len(sys.argv) - 1 :])
question = question or WORLD.questions("train")[0].text

# 1. As any language model.
model = AutoModelForCausalLM.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
messages = [
    {"role": "system", "content": make_grammar(grammar).instructions},
    {"role": "user", "content": make_grammar(grammar).opening(question)},
]
if tokenizer.chat_template:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
else:  # trained in plain text, without the rules
    text = messages[1]["content"] + make_grammar(grammar).before_action()
inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False).to(model.device)
outputs = model.generate(**inputs, max_new_tokens=96, do_sample=False)
print(tokenizer.decode(outputs[0], skip_special_tokens=False))

# 2. In its environment, which searches for it.
asked = LoadedQuestions("asked", {"train": [Question("asked", question, ("?",))]}, WORLD.documents)
(episode,) = rollout(
    ENVS[grammar], make_agent(folder), [Job("asked")], env_kwargs={"questions": asked}
)
print("\nThe answer:", episode.trajectory.prediction if episode.trajectory else episode.error)
