import pytest

from hopgym.agents import make_agent
from hopgym.agents.transcript import TextAgent, Transcript
from hopgym.envs.grammars import make_grammar
from hopgym.envs.plans import Node
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


PLANNED = {
    "question": "Who made Vel?",
    "turn": 1,
    "remaining": 2,
    "grammar": "dag",
    "phase": "plan",
    "tools": ("General", "Web"),
    "max_nodes": 4,
    "max_query_words": 5,
}


def test_it_says_what_a_turn_may_be():
    allowed = {"plan": (True, False), "either": (True, True)}
    for phase, expected in allowed.items():
        view = Transcript("", {**PLANNED, "phase": phase})
        assert (view.may_search, view.may_answer) == expected
    last = Transcript("", {**PLANNED, "phase": "answer", "remaining": 1})
    assert (last.may_search, last.may_answer) == (False, True)
    stepwise = Transcript("", {**INFO, "grammar": "r3"})
    assert (stepwise.may_search, stepwise.may_answer) == (True, True)
    assert not Transcript("", {**INFO, "grammar": "r3", "remaining": 1}).may_search
    assert (stepwise.tools, stepwise.max_nodes) == ((), 1)


def test_it_writes_plans_that_keep_to_the_limits():
    view = Transcript("", PLANNED)
    assert (view.tools, view.max_nodes) == (("General", "Web"), 4)
    nodes = [Node("A", "who was it that made Vel", "Web"), Node("B", "?", "General")]
    plan = view.grammar.parse_turn(view.plan("Hm.", nodes, [("A", "B")]), "plan").plan
    assert plan.nodes == (Node("A", "who was it made Vel", "Web"), Node("B", "unknown", "General"))
    assert plan.edges == (("A", "B"),)
    asked = view.grammar.parse_turn(view.ask("Hm.", "where was the maker of Vel born?"), "plan")
    assert asked.plan.nodes == (Node("A", "where was maker Vel born?", "General"),)
    assert view.grammar.parse_turn(view.answer("Hm.", "Ada"), "answer").text == "Ada"


def test_it_reads_plans_and_what_they_found():
    view = Transcript("", PLANNED)
    asked = view.plan("Hm.", [Node("A", "maker of Vel", "Web"), Node("B", "kin of {A}", "Web")])
    lines = view.grammar.node_lines(
        Node("A", "", "Web"), "Web", [("Vel", "Made by Ada.", True)], 99
    )
    view = Transcript(asked + view.grammar.results(lines), PLANNED)
    assert view.queries == ["maker of Vel", "kin of {A}"]
    assert view.documents == [("Vel", "Made by Ada.")]
    assert view.found == {"A": [("Vel", "Made by Ada.")]}


def test_what_was_found_again_is_found_by_its_label_too():
    view = Transcript("", PLANNED)
    plan, node = view.plan("Hm.", [Node("A", "Vel", "Web")]), Node("B", "", "Web")
    first = view.grammar.node_lines(node._replace(label="A"), "Web", [("Vel", "Ada.", True)], 99)
    again = view.grammar.node_lines(node, "Web", [("Vel", "Ada.", False)], 99)
    view = Transcript(plan + view.grammar.results([*first, *again]), PLANNED)
    assert view.found == {"A": [("Vel", "Ada.")], "B": [("Vel", "Ada.")]}
    assert view.documents == [("Vel", "Ada.")]
    assert Transcript("", {**INFO, "grammar": "r3"}).found == {}


def test_the_grammar_of_plans_is_made_once():
    assert Transcript("", PLANNED).grammar is Transcript("x", dict(PLANNED)).grammar
    assert Transcript("", {**PLANNED, "tools": ("Web",)}).grammar.tools == ("Web",)


SELECTING = {**INFO, "grammar": "select", "select_mode": "sequential", "facts": 1}


def test_where_facts_are_selected_there_is_nothing_to_search_or_answer():
    view = Transcript(make_grammar("select").opening("Who?"), SELECTING)
    assert (view.documents, view.queries, view.found, view.tools) == ([], [], {}, ())
    for act in (view.ask, view.answer):
        with pytest.raises(AgentError, match="'select' has no queries and no answers: facts are"):
            act("Hm.", "Vel")
    with pytest.raises(AgentError, match=r"'select' has no plans. Let it play hopgym/DagSearch"):
        view.plan("Hm.", [Node("A", "Vel", "Web")])


@pytest.mark.parametrize("name", ["iterative", "planner", "single_shot", "closed_book"])
def test_agents_that_search_say_that_they_cannot_select(name):
    with pytest.raises(AgentError, match="an agent that selects facts"):
        make_agent(name).act(["Question: Who?\n<facts>\n</facts>\n"], [SELECTING])
