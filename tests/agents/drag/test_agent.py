from dataclasses import replace

import pytest
from drag_runs import MAX_FACTS, WORLD, settings, workplace, world_cases
from kg_playing import WAYS, chosen, errors, play_kg, selected
from subgraphs import AWKWARD, TOY, large_question, question_set

torch = pytest.importorskip("torch")

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.drag.agent import DragAgent, drag_agent  # noqa: E402
from hopgym.agents.drag.cases import make_compiler  # noqa: E402
from hopgym.agents.drag.parts import new_parts  # noqa: E402
from hopgym.agents.selecting import Given  # noqa: E402
from hopgym.errors import AgentError, ConfigError  # noqa: E402


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("place"), threshold=0.0)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_folder_plays_every_form_and_mode(place, way):
    episodes = play_kg(place / "one", **way, top_k=12)
    assert errors(episodes) == set()
    assert {e.trajectory.outcome for e in episodes} == {"answered"}
    if way["connected"]:
        return
    parts = drag_agent(model=str(place / "one")).parts
    for given, episode in zip(AWKWARD, episodes, strict=True):
        case = make_compiler(12)(given)
        likeliest = [case.places[fact] for fact in parts.retrieve([case])[0]]
        assert chosen(episode) == sorted(likeliest) and len(likeliest) <= 4
        if way["mode"] == "sequential" and way["observation"] != "text":
            assert [fact for facts in selected(episode) for fact in facts] == likeliest


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_many_at_once_is_one_by_one(place, mode):
    alone, together = (
        play_kg(str(place / "one"), WORLD, split="dev", mode=mode, top_k=MAX_FACTS, num_envs=lanes)
        for lanes in (1, 6)
    )
    assert list(map(selected, alone)) == list(map(selected, together))


def test_gold_changes_nothing_of_what_is_selected(place):
    other = question_set(
        *(
            replace(each, gold_facts=(), answer_entities=("b",), answers=("b",), hops=())
            for each in AWKWARD
        )
    )
    one, changed = (play_kg(place / "one", questions) for questions in (TOY, other))
    assert list(map(chosen, one)) == list(map(chosen, changed))


def test_it_takes_as_many_as_it_was_trained_to(tmp_path):
    for k_facts, threshold, most in ((2, 0.0, 2), (9, 1.0, 1)):
        parts = new_parts(settings(tmp_path, k_facts=k_facts, threshold=threshold))
        episodes = play_kg(DragAgent(parts))
        counts = [len(chosen(episode)) for episode in episodes]
        assert counts == [min(len(each.facts), most) for each in AWKWARD]


def test_graphs_that_are_larger_than_those_of_training_are_cut_as_there(tmp_path):
    large = large_question(300)
    parts = new_parts(settings(tmp_path, max_facts=12))
    case = make_compiler(12)(large)
    expected = sorted(case.places[fact] for fact in parts.retrieve([case])[0])
    for top_k in (12, 300):
        (episode,) = play_kg(DragAgent(parts), question_set(large), top_k=top_k)
        assert chosen(episode) == expected


def test_many_questions_are_scored_in_batches(tmp_path, monkeypatch):
    agent = DragAgent(new_parts(settings(tmp_path)))
    given = [Given(case.question.id, case.offer) for case in world_cases(count=7)]
    whole = agent.rank(given)
    monkeypatch.setattr("hopgym.agents.drag.agent.BATCH", 3)
    assert agent.rank(given) == whole and len(whole) == 7 and agent.rank([]) == []
    assert all(ranking.most == len(ranking.slots) == 4 for ranking in whole)


def test_it_is_made_by_name_and_folder_and_what_is_none_is_told(place, tmp_path):
    folder = place / "one"
    assert make_agent(f"drag?model={folder}&name=mine").name == "mine"
    assert make_agent(folder).name == make_agent(f"drag?model={folder}").name
    with pytest.raises(ConfigError, match="'drag' needs the arguments model"):
        make_agent("drag")
    with pytest.raises(ConfigError, match=r"holds no D-RAG: there is no drag\.json"):
        make_agent(f"drag?model={tmp_path}")
    with pytest.raises(ConfigError, match="device is 'tpu'"):
        make_agent(f"drag?model={folder}&device=tpu")
    with pytest.raises(AgentError, match=r"call bind\(env\) first"):
        make_agent(folder).act([None], [{"question_id": "chain"}])
