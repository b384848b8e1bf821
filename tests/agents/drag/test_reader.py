import math
from collections import Counter

import pytest
from drag_runs import MAX_FACTS, WORLD, joint_settings, settings, trained_pair, world_cases
from kg_playing import play_kg
from subgraphs import AWKWARD, CHAIN, TOY, large_question

torch = pytest.importorskip("torch")

from hopgym.agents.drag.agent import DragAgent  # noqa: E402
from hopgym.agents.drag.cases import Cases  # noqa: E402
from hopgym.agents.drag.judging import answers_of, judge, prompts_of  # noqa: E402
from hopgym.agents.drag.parts import load_parts, new_parts  # noqa: E402
from hopgym.agents.drag.reader import DragReader, drag_reader, places_of  # noqa: E402
from hopgym.agents.drag.train import train  # noqa: E402
from hopgym.core import Fact  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402
from hopgym.rewards import make_reward  # noqa: E402
from hopgym.rewards.kg import Selection, make_fact_reader, read_answers  # noqa: E402


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return trained_pair(tmp_path_factory.mktemp("place"), generator_lr=1e-2)


@pytest.fixture(scope="module")
def reader(place):
    return drag_reader(model=str(place / "two"), device="cpu")


def written(prompts):
    """Prompts as they can be compared."""
    return [(each.question, tuple(each.facts)) for each in prompts]


def as_judged(parts, cases):
    scored = parts.score(cases)
    chosen = parts.retrieve(cases)
    with torch.no_grad():
        prompts = prompts_of(parts, cases, scored, chosen)
    return prompts, answers_of(parts, cases, scored, chosen), chosen


@pytest.mark.parametrize("form", ["graph", "text"])
@pytest.mark.parametrize("questions", [WORLD, TOY], ids=["world", "toy"])
def test_where_the_agent_plays_it_reads_what_was_judged(place, reader, form, questions):
    split = "dev" if questions is WORLD else "train"
    cases = world_cases("dev", 12) if questions is WORLD else list(Cases(AWKWARD, MAX_FACTS))
    parts = load_parts(place / "two", "cpu")
    given = {"split": split, "top_k": MAX_FACTS, "observation": form}
    episodes = play_kg(
        DragAgent(parts), questions, **given, reader=f"drag?model={place / 'two'}&device=cpu"
    )
    prompts, answers, chosen = as_judged(parts, cases)
    read = [list(episode.trajectory.steps[-1].parsed["answers"]) for episode in episodes]
    assert read == answers and any(answers)
    for case, facts, prompt in zip(cases, chosen, prompts, strict=True):
        own = tuple(case.offer.facts[fact] for fact in sorted(facts))
        selection = Selection(case.offer.question, own, case.offer.topics, case.offer.facts)
        (same,) = reader._prompts([selection])
        assert written([same]) == written([prompt])
        assert torch.allclose(same.vectors, prompt.vectors, atol=1e-5)
    if questions is WORLD:
        told = judge(parts, cases)["f1_one_to_one"]
        assert told == pytest.approx(sum(e.metrics["f1_one_to_one"] for e in episodes) / 12)


def test_any_agent_is_read(place):
    spec = f"drag?model={place / 'two'}"
    for agent in ("oracle", "random", "ppr?facts=3"):
        episodes = play_kg(agent, WORLD, split="dev", limit=4, top_k=MAX_FACTS, reader=spec)
        assert len(episodes) == 4


def test_a_batch_is_one_by_one(reader):
    selections = [Selection.of(each, range(len(each.facts))) for each in AWKWARD]
    asked = [each for each in selections if each.facts]
    assert reader.many(asked) == [reader(each) for each in asked]
    assert reader.many([]) == [] and read_answers(reader, [Selection("?", (), ())]) == [[]]


def test_log_likelihoods_are_finite_and_a_generator_s_own(reader):
    selections = [Selection.of(each, range(min(2, len(each.facts)))) for each in AWKWARD]
    told = reader.log_likelihood(selections, [("c", "d")] * len(selections))
    assert all(math.isfinite(each) and each < 0 for each in told)
    alone = [reader.log_likelihood([each], [("c", "d")])[0] for each in selections]
    assert told == pytest.approx(alone, rel=1e-4)


def test_it_is_a_reward_by_name_and_as_an_object(place, reader):
    model = place / "two"
    by_name = make_reward(f'drag?reader="drag?model={model}&device=cpu"')
    one, other = (
        [each.reward for each in play_kg("ppr?facts=2", TOY, reward=reward, top_k=8)]
        for reward in (by_name, make_reward("drag", reader=reader))
    )
    assert one == pytest.approx(other) and all(math.isfinite(r) and r < 0 for r in one)


def test_a_fact_in_a_large_graph_is_seen_as_in_training(place, reader):
    large = large_question(300)
    (case,) = Cases([large], MAX_FACTS)
    facts = [case.places[fact] for fact in (0, 3, 5)]
    whole = Selection.of(large, facts)  # as a reward sees it: all facts of the question
    names = tuple(case.offer.facts[fact] for fact in (0, 3, 5))
    offered = Selection(large.text, names, large.topic_entities, case.offer.facts)
    (one,), (other,) = reader._prompts([whole]), reader._prompts([offered])
    assert written([one]) == written([other]) and torch.equal(one.vectors, other.vectors)
    kept = {*case.offer.facts}
    far = next(n for n, fact in enumerate(large.facts) if fact not in kept)
    (prompt,) = reader._prompts([Selection.of(large, [*facts, far])])
    assert Counter(prompt.facts) == Counter([*names, large.facts[far]])


def test_a_fact_that_stands_there_twice_may_be_selected_twice(reader):
    twice = next(each for each in AWKWARD if each.id == "twice")
    for indices in ([0], [0, 1], [0, 1, 2, 3, 4]):
        (prompt,) = reader._prompts([Selection.of(twice, indices)])
        assert Counter(prompt.facts) == Counter(twice.facts[n] for n in indices)
    assert places_of((), CHAIN.facts) == [] and places_of(CHAIN.facts, CHAIN.facts[:2]) == [0, 1]


def test_facts_need_not_be_among_those_offered(reader):
    odd = Fact("x", "knows", "a")
    for offered in ((), CHAIN.facts):
        (prompt,) = reader._prompts([Selection("Who?", (odd,), ("a",), offered)])
        assert list(prompt.facts) == [odd] and bool(prompt.vectors.isfinite().all())


def test_gold_is_nothing_to_it(reader):
    selection = Selection.of(CHAIN, [0, 1])
    assert "c" not in selection._fields and reader(selection) == reader(selection)


def test_one_of_phase_1_cannot_read(place, tmp_path):
    message = r"has no generator, and so cannot read: it is of phase 1\. Give the folder of"
    with pytest.raises(ConfigError, match=message):
        make_fact_reader(f"drag?model={place / 'one'}")
    with pytest.raises(ConfigError, match=message):
        DragReader(new_parts(settings(tmp_path)))
    with pytest.raises(ConfigError, match=r"holds no D-RAG: there is no drag\.json"):
        make_fact_reader(f"drag?model={tmp_path}")
    with pytest.raises(ConfigError, match="missing 'model'"):
        make_fact_reader("drag")
    assert repr(drag_reader(model=str(place / "two"))) == "DragReader()"


def test_a_cascade_s_generator_reads_text_alone(place, tmp_path):
    given = {"cascade": "static", "epochs": 1, "limit": 4, "lora_r": 2}
    train(joint_settings(place, checkpoint_dir=str(tmp_path / "three"), **given))
    made = drag_reader(model=str(tmp_path / "three"))
    (prompt,) = made._prompts([Selection.of(CHAIN, [0, 1])])
    assert prompt.vectors is None and made(Selection.of(CHAIN, [0])) is not None
