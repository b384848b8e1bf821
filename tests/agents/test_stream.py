from hopgym.agents.stream import QuestionStream

IDS = [f"q{n}" for n in range(7)]


def test_every_question_comes_once_before_any_comes_again():
    stream = QuestionStream(IDS, seed=0)
    passes = [list(stream.part(7 * time, 7)) for time in range(4)]
    assert all(sorted(each) == IDS for each in passes)
    assert len({tuple(each) for each in passes}) > 1


def test_any_part_is_the_same_without_the_rest():
    stream = QuestionStream(IDS, seed=3)
    whole = list(stream.part(0, 40))
    assert [next(stream.part(place, 1)) for place in range(40)] == whole
    assert list(QuestionStream(IDS, seed=3).part(11, 9)) == whole[11:20]
    assert list(stream.part(5, 0)) == []


def test_the_order_follows_the_seed():
    assert list(QuestionStream(IDS, 0).part(0, 7)) != list(QuestionStream(IDS, 1).part(0, 7))
