import pytest

from hopgym.agents.transcript import TextAgent, Transcript
from hopgym.envs.grammars import make_grammar
from hopgym.errors import AgentError

INFO = {"question_id": "q1", "question": "Who?", "turn": 2, "remaining": 3}


@pytest.mark.parametrize("name", ["r3", "search_r1"])
def test_it_reads_and_writes_every_grammar(name):
    grammar = make_grammar(name)
    line = grammar.document(1, "Vel", "Vel is a film.", 100)
    asked = grammar.write_query(1, "Look.", "film Vel")
    text = grammar.opening("Who?") + grammar.before_action() + asked + grammar.documents([line])
    view = Transcript(text, {**INFO, "grammar": name})
    assert view.documents == [("Vel", "Vel is a film.")] and view.queries == ["film Vel"]
    assert (view.question, view.question_id, view.turns_left) == ("Who?", "q1", 3)
    assert grammar.parse(view.ask("Why not.", "a query"), 2).text == "a query"
    assert grammar.parse(view.answer("Why not.", "Ada"), 2).text == "Ada"


def test_an_answer_without_letters_becomes_unknown():
    view = Transcript("", {**INFO, "grammar": "r3"})
    for nothing in ("", "?!"):
        assert view.answer("None.", nothing).endswith("The final answer: unknown")


def test_an_environment_without_a_grammar_is_refused():
    with pytest.raises(AgentError, match=r"the info names no grammar. Its keys: step\."):
        Transcript("", {"step": 1})


def test_an_agent_plays_each_episode_of_a_batch():
    class Asker(TextAgent):
        name = "asker"

        def play(self, view):
            return view.question_id

    infos = [{**INFO, "grammar": "r3", "question_id": name} for name in "ab"]
    assert Asker().act(["", ""], infos) == ["a", "b"]
