"""Your own question set: one function that yields questions, and one registration line.

`python examples/own_questions.py` plays it. Without registering, name it
`questions="examples/own_questions.py:rivers_with_documents"`, or give a JSONL file of
`{id, question, answer}` with its documents: `"mine.jsonl?documents=docs.jsonl"`. A set that is a mere
list of questions, such as `rivers` here, needs a retriever that brings its own documents.
"""

from collections.abc import Iterator

import gymnasium

import hopgym  # noqa: F401  (registers the environments)
from hopgym.core import Document, Question
from hopgym.envs.datasets import register
from hopgym.envs.datasets.loaded import LoadedQuestions

DOCUMENTS = [
    Document("ull", "Ull", "The Ull is a river. It rises near Tessa and flows into the Mere."),
    Document("mere", "Mere", "The Mere is a lake north of Vel."),
]


def rivers() -> Iterator[Question]:
    """Yield the questions."""
    yield Question("r1", "Into what does the river that rises near Tessa flow?", ("the Mere",))
    yield Question("r2", "Which lake lies north of Vel?", ("the Mere", "Mere"))


@register("rivers", "Two questions about a river.")
def rivers_with_documents() -> LoadedQuestions:
    """Return the questions together with documents to search."""
    return LoadedQuestions("rivers", {"train": list(rivers())}, DOCUMENTS)


if __name__ == "__main__":
    env = gymnasium.make("hopgym/SearchRead-v0", questions="rivers")
    _, info = env.reset(options={"question_id": "r1"})
    action = "Step 1:\nThe problem analysis: Look.\nThe retrieval query: river rises near Tessa"
    observation, *_ = env.step(action)
    print(observation)
