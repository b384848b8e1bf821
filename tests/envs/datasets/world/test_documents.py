from collections import Counter

import pytest

from hopgym.envs.datasets.world.config import WorldConfig
from hopgym.envs.datasets.world.documents import Library
from hopgym.envs.datasets.world.relations import RELATIONS
from hopgym.envs.datasets.world.universe import Universe


def library(**dials):
    config = WorldConfig(entities=200, **dials)
    return Library(Universe(config), config)


def corpus(books):
    return {document.id: document for document in books.write()}


def noise_of(books):
    """The documents that are nobody's entry."""
    entries = {
        books.entry_id(source, entity)
        for source in ("General", "News", "Academy")
        for entity in range(books.universe.size)
    }
    return [document for document in books.write() if document.id not in entries]


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
        assert id == books.entry_id(source, head) and documents[id].source == source
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
        assert books.universe.aliases[entity] in documents[books.entry_id("General", entity)].text


@pytest.mark.parametrize(("share", "allowed"), [(0, {0, 1}), (1, {2, 3})])
def test_paraphrase_decides_the_wording(share, allowed):
    books = library(paraphrase=share)
    used = {r.wordings.index(books.told(r, head).wording) for r, head, _, _ in sentences(books)}
    assert used == allowed


@pytest.mark.parametrize("share", [0, 0.5, 2])
def test_distractors_are_a_share_of_the_telling_documents_and_tell_nothing(share):
    books = library(distractors=share)
    noise = noise_of(books)
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
    telling = len(corpus(whole)) - len(noise_of(whole))
    assert 0.2 < len(gone) / telling < 0.4
    assert not library().withheld
    nothing = library(missing=1)
    assert len(corpus(nothing)) == len(noise_of(nothing)) > 0


def test_some_distractors_are_near_duplicates_of_an_entry():
    books = library()
    noise, titles = noise_of(books), {d.title for d in library(distractors=0).write()}
    doubles = [document for document in noise if document.title in titles]
    assert 0.2 < len(doubles) / len(noise) < 0.45
    entries = {(d.title, d.source): d.text for d in library(distractors=0).write()}
    assert all(entries.get((d.title, d.source), "") != d.text for d in doubles)


def test_ids_give_nothing_away():
    documents = list(library().write())
    assert all(len(d.id) == 16 and int(d.id, 16) >= 0 for d in documents)
    ranks = {d.id: n for n, d in enumerate(sorted(documents, key=lambda d: d.id))}
    order = [ranks[d.id] for d in documents]
    assert order != sorted(order)
    assert not {d.id for d in documents} & {d.id for d in library(seed=1).write()}
