"""The collections on which retrievers are compared: documents, questions and what they need.

Each is read from the public files in a folder of data, in their own formats. Gold is named by
document id, never by title: where passages share a title, only the one that was meant counts. A
gold passage that is not among the documents stays gold, and out of reach.
"""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Document, Question
from ..envs.datasets.hotpotqa import load_hotpotqa
from ..envs.datasets.loaded import LoadedQuestions
from ..envs.datasets.musique import load_musique
from ..envs.datasets.two_wiki import load_two_wiki
from ..errors import DataError
from ..files import read_text
from ..retrieval.corpus import Corpus, read_documents
from ..retrieval.trec import Qrels, Run, read_qrels, read_run

TWO_WIKI = Path("2wikimultihopqa", "hipporag_1000_questions.json.gz")
TWO_WIKI_CORPUS = Path("2wikimultihopqa", "2wikimultihopqa_corpus.json.gz")
TWO_WIKI_DEV = Path("2wikimultihopqa", "lag_dev_4000.json.gz")
HOTPOTQA = (
    Path("hotpotqa", "hotpotqa_train_100.json.gz"),
    Path("hotpotqa", "bolaa_easy_100.jsonl.gz"),
    Path("hotpotqa", "bolaa_medium_100.jsonl.gz"),
)
MUSIQUE = Path("musique", "musique_train_100.json.gz")
UNION = Path("corpus", "wiki_union_corpus.jsonl.gz")
CACM = Path("retrieval", "cacm")

_TAG = re.compile(r"<[^>]*>")
_TOPIC = re.compile(r"<DOCNO>\s*(\S+)\s*</DOCNO>(.*?)</DOC>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Collection:
    """Questions over documents."""

    name: str
    documents: Corpus
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True)
class Cacm:
    """CACM, with the judgements and the run that Anserini publishes."""

    documents: Corpus
    topics: Mapping[str, str]
    qrels: Qrels
    run: Run


def two_wiki(data: Path) -> Collection:
    """Read HippoRAG's 2WikiMultiHopQA: 1,000 questions over 6,119 passages."""
    loaded = load_two_wiki(data / TWO_WIKI, documents=data / TWO_WIKI_CORPUS)
    return _collection("2wiki", [loaded])


def hotpotqa(data: Path) -> Collection:
    """Read 300 distractor questions of HotpotQA over the paragraphs of all of them."""
    return _collection("hotpotqa", [load_hotpotqa(data / file) for file in HOTPOTQA])


def musique(data: Path) -> Collection:
    """Read 100 training questions of MuSiQue over the paragraphs of all of them."""
    return _collection("musique", [load_musique(data / MUSIQUE)])


def union(data: Path) -> Collection:
    """Read the 1,000 questions of `two_wiki` over the 20,546 passages of many sets."""
    documents = read_documents(data / UNION)
    questions = load_two_wiki(data / TWO_WIKI).questions("train")
    own = [document for document in documents if "2wiki_hipporag" in _sources(document)]
    placed = place(questions, own)
    if len(placed) < len(questions):
        raise DataError(f"{data / UNION}: lacks passages of {data / TWO_WIKI}. Fetch both again.")
    return Collection("union", Corpus(documents), placed)


def tuning(data: Path) -> Collection:
    """Read the questions on which parameters are chosen; none is in another collection.

    They are those of 2WikiMultiHopQA's development set that are not among the 1,000 of
    `two_wiki`, and whose gold passages are among the 2Wiki passages of the union.
    """
    documents = [d for d in read_documents(data / UNION) if _is_two_wiki(d)]
    measured = load_two_wiki(data / TWO_WIKI).questions("train")
    taken = {question.id for question in measured} | {question.text for question in measured}
    others = [
        question
        for question in load_two_wiki(data / TWO_WIKI_DEV).questions("train")
        if question.id not in taken and question.text not in taken
    ]
    return Collection("tuning", Corpus(documents), place(others, documents))


COLLECTIONS: Mapping[str, Callable[[Path], Collection]] = {
    "2wiki": two_wiki,
    "hotpotqa": hotpotqa,
    "musique": musique,
    "union": union,
}
"""What is measured, by name."""


def cacm(data: Path) -> Cacm:
    """Read CACM: 3,204 abstracts, 64 topics of which 52 have judgements, and Anserini's run."""
    folder = data / CACM
    topics = _TOPIC.findall(read_text(folder / "topics.cacm.txt"))
    return Cacm(
        Corpus(_pages(folder / "cacm.tar.gz")),
        {topic: text.strip() for topic, text in topics},
        read_qrels(folder / "qrels.cacm.txt"),
        read_run(folder / "cacm-bm25_anserini_run.txt"),
    )


def place(questions: Iterable[Question], documents: Sequence[Document]) -> tuple[Question, ...]:
    """Return the questions all of whose gold titles name one document, with these as their gold.

    A title that no document or more than one bears says not which passage is meant, so its
    question is left out.

    >>> question = Question("q", "?", ("x",), metadata={"gold_titles": ["Vel"]})
    >>> place([question], [Document("d1", "Vel", "")])[0].document_ids
    ('d1',)
    >>> place([question], [Document("d1", "Vel", "A film."), Document("d2", "Vel", "A river.")])
    ()
    """
    counts = Counter(document.title for document in documents)
    ids = {d.title: d.id for d in documents if counts[d.title] == 1}
    return tuple(
        replace(question, document_ids=tuple(ids[title] for title in titles))
        for question in questions
        if (titles := question.metadata.get("gold_titles")) and ids.keys() >= set(titles)
    )


def _collection(name: str, parts: Sequence[LoadedQuestions]) -> Collection:
    documents = {d.id: d for part in parts for d in part.documents}  # ids name the content
    questions = tuple(question for part in parts for question in part.questions("train"))
    return Collection(name, Corpus(documents.values()), questions)


def _sources(document: Document) -> Sequence[str]:
    sources: Sequence[str] = document.metadata.get("sources", (document.source,))
    return sources


def _is_two_wiki(document: Document) -> bool:
    return any(source.startswith("2wiki") for source in _sources(document))


def _pages(archive: Path) -> list[Document]:
    """Return the text of each page; authors and citations are in it, as in Anserini's index."""
    if not archive.is_file():
        raise DataError(f"No file {str(archive)!r}. Check the folder of data.")
    try:
        with tarfile.open(archive) as opened:
            texts = {
                Path(member.name).stem: opened.extractfile(member).read().decode("latin-1")  # type: ignore[union-attr]
                for member in opened
                if member.isfile() and member.name.endswith(".html")
            }
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{archive}: could not be read ({error}). Fetch it again.") from error
    return [Document(name, "", _TAG.sub(" ", text)) for name, text in texts.items()]
