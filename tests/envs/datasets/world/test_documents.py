from collections import Counter

import pytest

from hopgym.envs.datasets.world.config import WorldConfig
from hopgym.envs.datasets.world.documents import Library, entry_id
from hopgym.envs.datasets.world.relations import RELATIONS
from hopgym.envs.datasets.world.universe import Universe


def library(**dials):
    config = WorldConfig(entities=200, **dials)
    return Library(Universe(config), config)


def corpus(books):
    return {document.id: document for document in books.write()}


def sentences(books):
    """Every fact as (relation, head, sentence, document id)."""
    for relation in RELATIONS:
        for head in books.universe.entities(relation.head):
            tail = books.universe.text(relation, books.universe.tail(relation.name, head))
            told = books.told(relation, head)
            sentence = told.wording.format(h=books.universe.names[head], t=tail)
            yield relation, head, sentence, books.document_id(relation, head)


def test_each_fact_stands_in_exactly_one_document():
    books = library()
    texts = {id: document.text for id, document in corpus(books).items()}
    everything = "\n".join(texts.values())
    for _, head, sentence, id in sentences(books):
        assert sentence in texts[id] and everything.count(sentence) == 1
        assert books.universe.names[head] in texts[id]


def test_documents_have_ids_titles_and_the_source_of_their_facts():
    books = library()
    documents = corpus(books)
    assert len(documents) == len(list(books.write()))
    for relation, head, _, id in sentences(books):
        source = books.told(relation, head).source
        assert id == entry_id(source, head) and documents[id].source == source
        assert source in ("General", relation.source)
        assert books.universe.names[head] in documents[id].title


def test_all_sources_are_used():
    counts = Counter(document.source for document in library(distractors=0).write())
    assert set(counts) == {"General", "News", "Academy"} and min(counts.values()) > 20


def test_aliases_are_told_in_the_encyclopaedia():
    books = library()
    documents = corpus(books)
    aliased = [entity for entity, alias in enumerate(books.universe.aliases) if alias]
    assert aliased
    for entity in aliased:
        assert books.universe.aliases[entity] in documents[entry_id("General", entity)].text


@pytest.mark.parametrize(("share", "allowed"), [(0, {0, 1}), (1, {2, 3})])
def test_paraphrase_decides_the_wording(share, allowed):
    books = library(paraphrase=share)
    used = {r.wordings.index(books.told(r, head).wording) for r, head, _, _ in sentences(books)}
    assert used == allowed


@pytest.mark.parametrize("share", [0, 0.5, 2])
def test_distractors_are_a_share_of_the_telling_documents_and_tell_nothing(share):
    books = library(distractors=share)
    noise = [document for id, document in corpus(books).items() if id.startswith("noise-")]
    telling = len(corpus(books)) - len(noise)
    assert len(noise) == round(telling * share)
    told = {sentence for _, _, sentence, _ in sentences(books)}
    assert not [d for d in noise for sentence in d.text.split(". ") if f"{sentence}." in told]
    names = books.universe.names
    assert all(any(name in document.text for name in names) for document in noise)


def test_missing_withholds_documents_and_changes_no_other():
    whole, partial = library(), library(missing=0.3)
    kept = corpus(partial)
    gone = corpus(whole).keys() - kept.keys()
    assert gone == partial.withheld & corpus(whole).keys() and kept.items() <= corpus(whole).items()
    telling = [id for id in corpus(whole) if not id.startswith("noise-")]
    assert 0.2 < len(gone) / len(telling) < 0.4
    assert not library().withheld
    assert all(id.startswith("noise-") for id in corpus(library(missing=1)))
