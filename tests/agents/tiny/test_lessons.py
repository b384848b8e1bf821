import pytest

from hopgym.agents.tiny.exercises import compare
from hopgym.agents.tiny.lessons import ENV_WEIGHT, Lessons, _drill, padded
from hopgym.agents.tiny.tokenizer import train_tokenizer, world_texts
from hopgym.seeding import rng_for


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(world_texts(1, entities=300), 900)


@pytest.fixture(scope="module")
def lessons(tokenizer):
    stream = Lessons(tokenizer, 0, 2_000)
    return {share: [*stream.batches(0, share)] for share in (0.0, 1.0)}


PIECES = [
    ("env", "The question: Who?\n"),
    ("agent", "Step 1:"),
    ("env", "\n"),
    ("agent", "Step 2:"),
]


@pytest.mark.parametrize("kept", [True, False])
def test_a_turn_ends_with_the_end_token_whether_or_not_it_is_read(tokenizer, kept):
    stream = Lessons(tokenizer, 0, 100)
    question, one, line, two = (stream.codec.encode(text) for _, text in PIECES)
    end = [tokenizer.eos_token_id]
    lesson = stream._lesson(PIECES, kept=kept)
    assert lesson.inputs == question + one + end * kept + line + two
    if kept:
        assert lesson.targets == lesson.inputs[1:] + end
    else:
        assert lesson.targets == question[1:] + one + end + two + end
    own = [t for t, weight in zip(lesson.targets, lesson.weights, strict=True) if weight == 1.0]
    assert own == one + end + two + end
    assert set(lesson.weights) == {1.0, ENV_WEIGHT}


def test_what_counts_is_what_the_teacher_wrote(tokenizer, lessons):
    for batch in lessons[1.0]:
        for lesson in batch:
            own = [t for t, w in zip(lesson.targets, lesson.weights, strict=True) if w == 1.0]
            turns = tokenizer.decode(own).split(tokenizer.eos_token)
            assert turns.pop() == ""
            assert all(turn.strip().startswith("Step ") for turn in turns)
            assert "The retrieval documents:" not in "".join(turns)
            assert "The final answer:" in turns[-1]


def test_batches_have_no_more_tokens_than_allowed(lessons):
    for batch in [*lessons[0.0], *lessons[1.0]]:
        longest = max(len(lesson.inputs) for lesson in batch)
        assert padded(longest) * len(batch) <= 2_000 or len(batch) == 1


def test_the_same_seed_draws_the_same_lessons_and_no_world_twice(tokenizer, lessons):
    again = Lessons(tokenizer, 0, 2_000)
    second, first = [*again.batches(1, 0.0)], [*again.batches(0, 0.0)]
    assert first == lessons[0.0]
    assert first != second
    assert first != [*Lessons(tokenizer, 1, 2_000).batches(0, 0.0)]


def test_a_fifth_of_the_exercises_compares_numbers(tokenizer, lessons):
    texts = [tokenizer.decode(lesson.inputs) for batch in lessons[0.0] for lesson in batch]
    compared = [text for text in texts if "Step 3:" in text]
    assert 0.15 < len(compared) / len(texts) < 0.25
    assert not any("The retrieval documents:" in text for text in compared)


def test_of_a_drill_only_the_picked_number_counts_and_no_turn_ends(tokenizer):
    stream = Lessons(tokenizer, 0, 100)
    lesson = stream._lesson(_drill(compare(rng_for(2), 5)), kept=False)
    own = [t for t, w in zip(lesson.targets, lesson.weights, strict=True) if w == 1.0]
    picked = "".join(f" {picked}" for _, picked in compare(rng_for(2), 5) if picked)
    assert tokenizer.decode(own[:-1]) == picked.strip()
    assert lesson.targets.count(tokenizer.eos_token_id) == 1  # the end of the row
