from playing import mean_em, moves, play


def test_it_asks_the_question_once_and_answers():
    for episode in play("single_shot", limit=20):
        assert [kind for kind, _ in moves(episode)] == ["query", "answer"]


def test_one_hop_is_mostly_enough_for_one_hop():
    assert mean_em(play("single_shot", "world?entities=300&hops=1&dev=40&paraphrase=0")) > 0.8


def test_it_answers_when_only_one_turn_is_left():
    (episode,) = play("single_shot", limit=1, max_steps=1)
    assert moves(episode) == [("answer", "unknown")]
