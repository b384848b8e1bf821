from playing import DAG, kinds, mean_em, moves, plans, play


def test_it_asks_the_question_once_and_answers():
    for episode in play("single_shot", limit=20):
        assert [kind for kind, _ in moves(episode)] == ["query", "answer"]


def test_one_hop_is_mostly_enough_for_one_hop():
    assert mean_em(play("single_shot", "world?entities=300&hops=1&dev=40&paraphrase=0")) > 0.8


def test_it_answers_when_only_one_turn_is_left():
    (episode,) = play("single_shot", limit=1, max_steps=1)
    assert moves(episode) == [("answer", "unknown")]


def test_its_plan_is_one_search_for_the_question():
    for episode in play("single_shot", env=DAG, limit=20, max_plans=2):
        assert kinds(episode) == ["plan", "answer"]
        ((node,),) = plans(episode)
        assert node[2] == "General" and len(node[1].split()) <= 10


def test_one_search_is_mostly_enough_for_one_hop_in_the_default_source():
    one_hop = "world?entities=300&hops=1&dev=40&paraphrase=0"
    assert mean_em(play("single_shot", one_hop, env=DAG)) > 0.6
