from playing import DAG, kinds, mean_em, moves, plans, play

from hopgym.agents.planner import edges_of, filled, spread
from hopgym.envs.plans import Node, check_plan

TOOLS = ("General", "News", "Academy")


def test_it_plans_once_and_answers():
    episodes = play("planner", env=DAG, limit=40, max_plans=3)
    assert all(kinds(episode) == ["plan", "answer"] for episode in episodes)


def test_it_finds_more_than_one_search_does():
    planner, single, iterative = (play(n, env=DAG) for n in ("planner", "single_shot", "iterative"))
    assert mean_em(planner) > mean_em(single) + 0.2
    assert mean_em(planner) > mean_em(iterative) + 0.2


def test_it_earns_for_its_plans_what_they_are_worth():
    terms = [episode.reward_terms for episode in play("planner", env=DAG)]
    assert all(each["format"] == 0.25 for each in terms)
    assert sum(each["dag"] == 0.25 for each in terms) > 0.85 * len(terms)


def test_room_that_is_left_asks_other_sources_where_that_takes_the_least():
    queries = ["author of Vel", "mentor of {A}", "birthplace of {B}"]
    nodes = spread(queries, TOOLS, 8)
    assert nodes[:3] == [Node("ABC"[n], query, "General") for n, query in enumerate(queries)]
    assert nodes[3:] == [
        Node("D", "birthplace of {B}", "News"),
        Node("E", "birthplace of {B}", "Academy"),
        Node("F", "mentor of {A}", "News"),
        Node("G", "birthplace of {F}", "General"),
    ]
    assert check_plan(nodes, edges_of(nodes), tools=TOOLS).depth == 3


def test_a_plan_is_never_too_large():
    queries = ["author of Vel", "author of Orm", "kin of {A} and {B}", "home of {C}"]
    for most in range(1, 27):
        nodes = spread(queries, TOOLS, most)
        plan = check_plan(nodes, edges_of(nodes[:most]), tools=TOOLS, max_nodes=most)
        assert most < 4 or not isinstance(plan, str)
        assert len(set(nodes)) == len(nodes) <= most
        assert len({(node.query, node.tool) for node in nodes}) == len(nodes)
    assert {node.tool for node in spread(queries, ("Web",), 26)} == {"Web"}


def test_a_node_with_two_parents_is_asked_anew_with_one_of_them():
    queries = ["author of Vel", "author of Orm", "kin of {A} and {B}"]
    nodes = spread(queries, ("General", "News"), 8)
    assert [node.query for node in nodes[3:]] == [
        "kin of {A} and {B}",
        "author of Vel",
        "kin of {E} and {B}",
        "author of Orm",
        "kin of {A} and {G}",
    ]


def test_where_searches_are_single_it_asks_its_outline_with_what_it_reads():
    chain = "world?entities=300&hops=3&kinds=chain&paraphrase=0&dev=20"
    episodes = play("planner", chain, limit=20)
    assert mean_em(episodes) > 0.7
    asked = [text for kind, text in moves(episodes[0]) if kind == "query"]
    assert len(asked) == 3 and not any("{" in query for query in asked)
    assert all(kinds(e) == ["answer"] for e in play("planner", limit=5, max_steps=1))
    assert mean_em(play("planner", limit=40, grammar="search_r1")) > 0.4


def test_what_cannot_be_read_is_left_out():
    assert filled(["author of Vel", "mentor of {A}", "home of {B}"], []) == [
        "author of Vel",
        "mentor of",
        "home of",
    ]


def test_how_many_play_at_once_changes_nothing():
    one, many = (play("planner", env=DAG, limit=12, num_envs=n) for n in (1, 5))
    assert [e.trajectory for e in one] == [e.trajectory for e in many]
    assert any(len(plan) > 4 for episode in one for plan in plans(episode))
