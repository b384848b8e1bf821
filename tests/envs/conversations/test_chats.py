import json

import pytest
from rag_chats import roles

from hopgym.core import Question as Asked
from hopgym.envs.conversations.chats import Chats, make_chats
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.errors import ConfigError, DataError

SET = LoadedQuestions(
    "two", {"train": [Asked("a", "Who?", ("Ada", "A. Orm")), Asked("b", "Where?", ("Tessa",))]}
)


def written(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_a_question_set_becomes_chats_and_keeps_its_documents():
    chats = make_chats("world?entities=120", "dev", limit=3)
    assert len(chats) == 3 and len(chats.documents) > 100
    assert roles(chats[0]) == ["user", "assistant"] and chats[0]["question_id"]


def test_a_question_set_object_and_a_system_text():
    chats = make_chats(SET, system="Be brief.")
    assert [m["content"] for m in chats[0]["messages"]] == ["Be brief.", "Who?", "Ada"]
    assert chats[-1]["answers"] == ["Tessa"] and chats[0]["answers"] == ["Ada", "A. Orm"]


def test_chats_are_made_anew_so_that_changing_one_changes_no_other(tmp_path):
    file = written(tmp_path / "c.jsonl", [{"messages": [{"role": "user", "content": "Who?"}]}])
    for chats in (make_chats(SET), make_chats(file)):
        chats[0]["messages"][0]["content"] = "changed"
        assert chats[0]["messages"][0]["content"] == "Who?"


def test_slices_and_places():
    chats = Chats("abcd", lambda letter, place: {"messages": [], "at": (letter, place)})
    assert [chat["at"] for chat in chats[1:3]] == [("b", 1), ("c", 2)]
    assert chats[::-1][0]["at"] == ("d", 3) and chats[-2]["at"] == ("c", 2)
    with pytest.raises(IndexError):
        chats[4]


def test_a_file_of_chats_of_any_shape(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": "Who?"}], "id": 7},
        {"conversations": [{"from": "human", "value": "Where?"}]},
        {"question": "Which?", "choices": ["a", "b"], "answer": 1},
    ]
    chats = make_chats(written(tmp_path / "c.jsonl", rows))
    assert [roles(chat) for chat in chats] == [["user"], ["user"], ["user", "assistant"]]
    assert chats[0]["id"] == 7 and chats[2]["messages"][1]["content"] == "B"


def test_a_file_of_questions_is_one_too(tmp_path):
    file = written(tmp_path / "q.jsonl", [{"id": "1", "question": "Who?", "answer": "Ada"}])
    assert make_chats(str(file))[0]["messages"][1]["content"] == "Ada"


def test_a_bad_line_is_told_with_its_place(tmp_path):
    rows = [{"messages": []}, {"messages": "Who?"}]
    with pytest.raises(DataError, match=r"c\.jsonl:2: `messages` is 'Who\?'"):
        make_chats(written(tmp_path / "c.jsonl", rows))


def test_a_local_set_of_the_library_datasets(tmp_path):
    pytest.importorskip("datasets")
    written(tmp_path / "train.jsonl", [{"prompt": "Who?", "completion": "Ada"}] * 3)
    chats = make_chats(f"datasets:{tmp_path}", limit=2)
    assert len(chats) == 2 and chats[1]["messages"][1]["content"] == "Ada"


def test_anything_with_a_length_is_taken_as_it_is():
    given = [{"messages": []}]
    assert make_chats(given) is given


def test_a_limit_holds_for_ones_own_base_whatever_its_slices_are(tmp_path):
    datasets = pytest.importorskip("datasets")
    records = [{"messages": [{"role": "user", "content": text}]} for text in "abc"]
    for base in (datasets.Dataset.from_list(records), dict(enumerate(records)), records):
        chats = make_chats(base, limit=2)
        assert [chat["messages"][0]["content"] for chat in chats] == ["a", "b"]
        assert len(make_chats(base, limit=9)) == 3


@pytest.mark.parametrize("given", [7, None, iter([])])
def test_what_are_no_chats_is_refused(given):
    with pytest.raises(ConfigError, match="are no chats: give a question set, a file, datasets:"):
        make_chats(given)
