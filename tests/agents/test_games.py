from types import SimpleNamespace

import gymnasium
import pytest
from kg_playing import KG, play_kg
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.games import DOCUMENTS, FACTS, check_suits, check_text, game_of, suits
from hopgym.agents.rollout import Job, rollout
from hopgym.errors import AgentError


def test_an_environment_tells_what_is_played():
    assert game_of(gymnasium.make(KG)) == game_of(gymnasium.make_vec(KG, num_envs=2)) == FACTS
    assert game_of(gymnasium.make("hopgym/SearchRead-v0", **toy_kwargs())) == DOCUMENTS
    assert game_of(gymnasium.make("CartPole-v1")) == ""


def test_who_says_nothing_plays_everything():
    for game in (DOCUMENTS, FACTS, ""):
        assert suits(object(), game)
        assert suits(make_agent("oracle"), game) and suits(make_agent("random"), game)
    assert suits(make_agent("ppr"), FACTS) and not suits(make_agent("ppr"), DOCUMENTS)
    assert suits(make_agent("ppr"), "")


@pytest.mark.parametrize("name", ["closed_book", "single_shot", "iterative", "planner", "expert"])
@pytest.mark.parametrize("form", ["padded", "text"])
def test_who_searches_is_refused_where_facts_are_selected(name, form):
    with pytest.raises(AgentError, match=rf"'{name}' searches documents.*{KG} has facts.*'ppr'"):
        play_kg(name, observation=form)


@pytest.mark.parametrize("name", ["ppr", "cosine"])
def test_who_selects_is_refused_where_documents_are_searched(name):
    jobs = [Job("q1")]
    with pytest.raises(AgentError, match=rf"'{name}' selects facts of a graph.*'iterative'"):
        list(rollout("hopgym/SearchRead-v0", name, jobs, env_kwargs=toy_kwargs()))


def test_a_game_that_nobody_knows_is_told_as_it_is():
    agent = SimpleNamespace(name="mine", plays="chess")
    with pytest.raises(AgentError, match=r"'mine' plays 'chess', and hopgym/KGSubgraph-v0 has"):
        check_suits(agent, gymnasium.make(KG))


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_who_reads_text_is_refused_where_arrays_are_shown(make):
    agent = SimpleNamespace(name="mine")
    check_text(agent, make(KG, observation="text"))
    check_text(agent, make("hopgym/SearchRead-v0", **toy_kwargs()))
    for form in ("graph", "padded"):
        with pytest.raises(
            AgentError, match=rf"'mine' plays in text, and {KG} shows arrays\. Make"
        ):
            check_text(agent, make(KG, observation=form))
    with pytest.raises(AgentError, match=r"CartPole-v1 shows arrays\. Give another\."):
        check_text(agent, make("CartPole-v1"))


@pytest.mark.parametrize("name", ["tiny", "openai?model=gpt-4o-mini"])
def test_language_models_refuse_arrays_before_they_are_asked(name, monkeypatch):
    pytest.importorskip("torch" if name == "tiny" else "openai")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with pytest.raises(AgentError, match=rf"plays in text, and {KG} shows arrays"):
        make_agent(name).bind(gymnasium.make(KG))
