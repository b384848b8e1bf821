import pytest

from hopgym.envs.datasets.world import World
from hopgym.envs.datasets.world.config import KINDS, SPLITS
from hopgym.envs.datasets.world.plans import FactKey
from hopgym.envs.datasets.world.questions import SUBGRAPH, split_of
from hopgym.envs.datasets.world.relations import BY_NAME
from hopgym.envs.datasets.world.samplers import SAMPLERS
from hopgym.errors import ConfigError
from hopgym.rewards.answer import exact_match
from hopgym.rewards.normalize import squad


@pytest.fixture(scope="module")
def world():
    return World(entities=400, train=200, dev=100, test=100)


@pytest.fixture(scope="module")
def questions(world):
    return [question for split in SPLITS for question in world.questions(split)]


@pytest.fixture(scope="module")
def numbers(world):
    return {name: number for number, name in enumerate(world.universe.names)}


def chain(question):
    return frozenset(question.facts[index] for index in question.gold_facts)


def test_each_slot_comes_in_turn(world, questions):
    slots = world.config.slots
    for split in SPLITS:
        made = [(q.type, len(q.hops)) for q in world.questions(split)]
        assert made == [slots[index % len(slots)] for index in range(world.config.size(split))]
    assert {q.type for q in questions} == set(KINDS)
    assert {q.metadata["hops"] for q in questions} == set(range(1, 7))


def test_nothing_comes_twice_within_a_split_or_across(questions):
    for key in (lambda q: q.text, lambda q: q.id, chain):
        assert len({key(question) for question in questions}) == len(questions)


@pytest.mark.parametrize("split", SPLITS)
def test_the_chain_of_facts_decides_the_split(split, world, numbers):
    for question in world.questions(split):
        keys = sorted(FactKey(numbers[fact.head], fact.relation) for fact in chain(question))
        assert split_of(tuple(keys)) == split == question.metadata["split"]


def test_splits_have_their_shares_of_all_chains():
    found = [split_of((FactKey(n, "author"), FactKey(7, "singer"))) for n in range(5_000)]
    assert 0.57 < found.count("train") / 5_000 < 0.63
    assert abs(found.count("dev") - found.count("test")) < 300


def test_each_hop_can_be_read_in_its_gold_document(world, questions):
    universe, entry_id = world.universe, world.library.entry_id
    sources = ("General", "News", "Academy")
    heads = {entry_id(s, n): universe.names[n] for n in range(universe.size) for s in sources}
    for hop in (hop for question in questions for hop in question.hops):
        (id,) = hop.document_ids
        document, head = world.documents.by_id(id), heads[id]
        assert hop.answer in document.text and head in document.text
        assert head in hop.query or head == hop.answer  # asked about, or to be found
        assert document.source == hop.source


def test_all_sources_are_needed(questions):
    sources = {hop.source for question in questions for hop in question.hops}
    assert sources == {"General", "News", "Academy"}


def test_hops_need_earlier_hops_alone(questions):
    for question in questions:
        for index, hop in enumerate(question.hops):
            assert all(need in range(index) for need in hop.needs)
            if question.type == "chain":
                assert hop.needs == ((index - 1,) if index else ())
                assert all(question.hops[need].answer in hop.query for need in hop.needs)


def test_every_hop_is_needed_in_the_end(questions):
    for question in questions:
        needed = {need for hop in question.hops for need in hop.needs}
        loose = set(range(len(question.hops))) - needed
        if question.type in ("chain", "mixed"):
            assert loose == {len(question.hops) - 1}
        elif question.type == "intersection":  # confirmations of the entity found
            assert all(hop.needs for n, hop in enumerate(question.hops) if n in loose)


def test_gold_documents_and_facts_are_those_of_the_hops(world, questions, numbers):
    for question in questions:
        documents = [id for hop in question.hops for id in hop.document_ids]
        assert question.document_ids == tuple(dict.fromkeys(documents))
        gold = [question.facts[index] for index in question.gold_facts]
        told = [world.library.document_id(BY_NAME[f.relation], numbers[f.head]) for f in gold]
        assert len(set(gold)) == len(gold) == len(question.hops)
        assert sorted(told) == sorted(documents)


def test_the_subgraph_holds_true_facts_and_more_than_gold(world, questions, numbers):
    for question in questions:
        assert len(question.gold_facts) <= len(set(question.facts)) <= SUBGRAPH
        for fact in question.facts:
            tail = world.universe.tail(fact.relation, numbers[fact.head])
            assert world.universe.text(BY_NAME[fact.relation], tail) == fact.tail
    assert all(len(question.facts) > len(question.gold_facts) for question in questions)


def test_the_text_never_gives_its_answer_away(questions):
    for question in questions:
        for answer in question.answers:
            assert f" {squad(answer)} " not in f" {squad(question.text)} "


def test_a_draft_that_gives_its_answer_away_is_drawn_again(monkeypatch):
    def telling(universe, dice, hops):
        draft = chain_of(universe, dice, hops)
        if draft is None or dice.roll(2):
            return draft
        told.append(f"Is {draft.text} Not New {draft.answer}?")
        return draft._replace(text=told[-1])

    told, chain_of = [], SAMPLERS["chain"]
    monkeypatch.setitem(SAMPLERS, "chain", telling)
    made = World(entities=100, kinds="chain", train=50).questions("train")
    assert len(made) == 50 and len(told) > 10 and not {q.text for q in made} & set(told)


@pytest.mark.parametrize("kind", ["comparison", "intersection"])
def test_the_same_facts_in_other_words_are_not_asked_again(kind):
    questions = World(entities=40, kinds=kind, hops=2, train=40).questions("train")
    assert len({chain(question) for question in questions}) == 40


def test_aliases_are_accepted(world, questions):
    aliased = [question for question in questions if len(question.answers) > 1]
    assert aliased
    for question in aliased:
        number = world.universe.names.index(question.answers[0])
        assert question.answers[1:] == (world.universe.aliases[number],)
        assert exact_match(question.answers[1], question.answers) == 1.0


def test_topics_stand_in_the_text_and_answers_that_are_entities_are_named(questions):
    for question in questions:
        assert question.topic_entities
        assert all(topic in question.text for topic in question.topic_entities)
        assert question.answer_entities in ((), question.answers[:1])
        assert bool(question.answer_entities) != question.answers[0].isdigit()


def test_only_what_a_question_names_is_its_topic(questions):
    # A root is shared: "New Velmar" in the text does not make "Velmar" a topic.
    for question in questions:
        rest = question.text
        for topic in sorted(question.topic_entities, key=len, reverse=True):
            assert topic in rest, question
            rest = rest.replace(topic, "", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_world_runs_out_and_says_so(kind, questions):
    world = World(entities=40, kinds=kind, hops=3, train=100_000)
    with pytest.raises(ConfigError, match=rf"ran out of {kind} questions of 3 hops at train .*40"):
        world.questions("train")
