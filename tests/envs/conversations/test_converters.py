import pytest

from hopgym.envs.conversations.converters import CONVERTERS, convert, shape_of
from hopgym.errors import DataError, UnknownNameError

ARC = {
    "question": "Which is red?",
    "choices": {"text": ["sky", "blood"], "label": ["1", "2"]},
    "answerKey": "2",
    "id": "q",
}


def said(record, converter=None):
    return [m["content"] for m in convert(record, converter, "file:1")["messages"]]


def test_a_chat_keeps_its_other_keys_and_is_no_view_of_the_record():
    record = {"messages": [{"role": "user", "content": "Who?"}], "source": "smoltalk"}
    chat = convert(record, None, "x")
    chat["messages"][0]["content"] = "changed"
    assert record["messages"][0]["content"] == "Who?" and chat["source"] == "smoltalk"


@pytest.mark.parametrize("answer", [1, "B"])
def test_multiple_choice_asks_for_a_letter_and_says_it(answer):
    asked, letter = said({"question": "Q?", "choices": ["x", "y", "z"], "answer": answer})
    assert "A. x\nB. y\nC. z" in asked and letter == "B"


def test_labels_of_choices_are_read_and_shown_as_letters():
    asked, letter = said(ARC)
    assert "B. blood" in asked and letter == "B"
    assert convert(ARC, None, "x")["answers"] == ["B"] and convert(ARC, None, "x")["id"] == "q"


def test_the_gold_letter_is_told_nowhere_but_by_the_assistant():
    for right in range(3):
        record = {"question": "Q?", "choices": ["x", "y", "z"], "answer": right}
        assert said(record)[0] == said({**record, "answer": 0})[0]


@pytest.mark.parametrize("answer", [3, -1, True, "D", None])
def test_an_answer_that_is_no_choice_is_refused(answer):
    with pytest.raises(DataError, match=r"file:1: the answer is .*from 0 to 1 or one of: A, B"):
        said({"question": "Q?", "choices": ["x", "y"], "answer": answer})


def test_sharegpt_and_prompts():
    turns = [{"from": "system", "value": "s"}, {"from": "human", "value": "u"}]
    turns.append({"from": "gpt", "value": "a"})
    chat = convert({"conversations": turns}, None, "x")
    assert [m["role"] for m in chat["messages"]] == ["system", "user", "assistant"]
    assert said({"prompt": "p", "completion": "c"}) == ["p", "c"]
    assert said({"instruction": "i", "input": "x", "output": "o"}) == ["i\n\nx", "o"]
    kept = convert({"id": 7, "prompt": "p", "completion": "c"}, None, "x")
    assert kept["id"] == 7 and sorted(kept) == ["id", "messages"]


def test_ones_own_function_and_its_mistakes():
    own = lambda record: {"messages": [{"role": "user", "content": record["q"]}]}  # noqa: E731
    assert said({"q": "Who?"}, own) == ["Who?"]
    with pytest.raises(DataError, match=r"file:1: .*chat converter"):
        said({}, own)


def test_unknown_shapes_and_names_are_refused():
    assert shape_of({"question": "Q?", "answer": "A"}) is None, "a question set's"
    with pytest.raises(DataError, match=r"file:1: has 'text', which is no chat. Give `messages`"):
        said({"text": ""})
    with pytest.raises(DataError, match="file:1: is 'text'; a record is an object"):
        said("text")
    with pytest.raises(UnknownNameError, match="Did you mean 'messages'"):
        said({"messages": []}, "message")
    assert list(CONVERTERS) == ["messages", "multiple_choice", "prompt", "sharegpt"]
