"""A question set of three documents and two questions, small enough to know by heart."""

from hopgym.core import Document, Hop, Question, Score
from hopgym.envs.datasets.base import check_split
from hopgym.envs.episode import Episode
from hopgym.errors import RetrievalError
from hopgym.retrieval.base import Hits, check_k
from hopgym.rewards.base import ask

DOCUMENTS = (
    Document("d1", "Vel", "Vel is a film directed by Ada Orm."),
    Document("d2", "Ada Orm", "Ada Orm was born in Tessa."),
    Document("d3", "Tessa", "Tessa is a town on the river Ull."),
)
QUESTIONS = (
    Question(
        "q1",
        "Where was the director of Vel born?",
        ("Tessa", "Tessa Town"),
        type="chain",
        hops=(
            Hop("Who directed Vel?", "Ada Orm", ("d1",)),
            Hop("Where was Ada Orm born?", "Tessa", ("d2",), needs=(0,)),
        ),
        document_ids=("d1", "d2"),
    ),
    Question("q2", "Who directed Vel?", ("Ada Orm",), type="chain", document_ids=("d1",)),
)


class ToyQuestions:
    """The toy question set."""

    name = "toy"
    fingerprint = "toy"
    splits = ("train",)
    documents = DOCUMENTS

    def questions(self, split):
        check_split(split, self.splits, self.name)
        return QUESTIONS


class ToyRetriever:
    """Finds the documents that share a word with the query; counts its calls."""

    fingerprint = "toy"

    def __init__(self):
        self.calls = []
        self.broken = False

    def search(self, queries, k):
        check_k(k)
        if self.broken:
            raise RetrievalError("the index is out of reach")
        self.calls.append(list(queries))
        rows = [self._row(query, k) for query in queries]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[score for _, score in row] for row in rows],
        )

    def _row(self, query, k):
        words = set(query.lower().strip("?").split())
        scored = [
            (d, float(len(words & set(d.text.lower().strip(".").split())))) for d in DOCUMENTS
        ]
        ranked = sorted(scored, key=lambda pair: (-pair[1], pair[0].id))
        return [pair for pair in ranked if pair[1] > 0][:k]


def toy_kwargs(**changes):
    """Keyword arguments of an environment over the toy set."""
    return {"questions": ToyQuestions(), "retriever": ToyRetriever(), **changes}


class Echo(Episode):
    """Answers every action with itself; the action `end` ends it."""

    def public_info(self):
        return {"step": len(self.steps)}

    def act(self, action):
        self.check_running()
        self._action = action
        return ()

    def receive(self, rows):
        if self._action == "end":
            self.outcome, self.prediction = "answered", "end"
        self.write(self._action, "agent")
        self.write("!", "env")
        self.finish(self._action, {}, "!")
        return ()


def begin(reward=lambda question, trajectory: Score(0.5, {"outcome": 0.5})):
    return Echo(QUESTIONS[0], "toy/Echo-v0", 3, reward)


def play(episode, action):
    episode.act(action)
    episode.receive(())
    episode.settle(ask(episode.reward, *episode.to_score))
    return episode.result()
