import json
from dataclasses import replace

import pytest
from expert_episodes import GRAMMARS, INFO, expert_episodes, toy_episode, unreadable_episode
from toy import QUESTIONS

from hopgym.agents.expert.journal import Attempt
from hopgym.agents.expert.raw import raw_record, rows_of_raw, write_raw
from hopgym.agents.expert.rows import step_rows
from hopgym.core import to_json
from hopgym.envs.datasets.records import Record
from hopgym.errors import DataError


def attempt(trajectory, accepted=True, number=1):
    return Attempt(
        question_id=trajectory.question_id,
        attempt=number,
        accepted=accepted,
        reason=f"em {accepted:d}",
        trajectory=trajectory,
    )


def as_read(record):
    return Record(json.loads(to_json(record)), "raw.jsonl:1")


def toy_record(**changes):
    record = raw_record(QUESTIONS[0], [attempt(toy_episode().trajectory)], INFO["r3"], "e")
    return {**json.loads(to_json(record)), **changes}


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_step_rows_are_rebuilt_exactly(grammar):
    info = INFO[grammar]
    for question, trajectory in expert_episodes(grammar):
        record = raw_record(question, [attempt(trajectory)], info, "e")
        assert rows_of_raw(as_read(record)) == step_rows(trajectory, question, info)


@pytest.mark.parametrize("more", [{"top_k": 1}, {"force_answer": True, "max_steps": 2}])
def test_empty_replies_and_notes_of_the_environment_are_kept(more):
    trajectory = toy_episode("single_shot", **more).trajectory
    record = raw_record(QUESTIONS[0], [attempt(trajectory)], INFO["r3"], "e")
    assert rows_of_raw(as_read(record)) == step_rows(trajectory, QUESTIONS[0])


def test_a_record_has_the_published_fields():
    bad = toy_episode("closed_book").trajectory
    good = toy_episode().trajectory
    record = raw_record(
        QUESTIONS[0], [attempt(bad, False), attempt(good, True, 2)], INFO["r3"], "env"
    )
    assert {name: record[name] for name in ("id_source", "question", "golden_answers")} == {
        "id_source": "q1",
        "question": QUESTIONS[0].text,
        "golden_answers": ["Tessa", "Tessa Town"],
    }
    (chain,) = record["search_chain_success"]
    assert [sorted(set(step) - {"reward"}) for step in chain] == [
        ["analysis", "doc", "original", "query"],
        ["analysis", "doc", "original", "query"],
        ["analysis", "answer", "original"],
    ]
    assert chain[0]["query"] == "Who directed Vel?" and chain[2]["answer"] == "Tessa"
    assert chain[0]["doc"] == "Vel | Vel is a film directed by Ada Orm."
    assert record["success_reason"] == ["em 1"] and record["fail_reason"] == ["em 0"]
    assert len(record["search_chain_fail"]) == 1
    assert record["hopgym"] == {"env_id": "env", "info": {"grammar": "r3"}, "attempt": 2}


def test_what_was_unreadable_is_told_among_the_failures():
    trajectory = unreadable_episode().trajectory
    record = raw_record(QUESTIONS[0], [attempt(trajectory, False)], INFO["r3"], "e")
    assert record["search_chain_success"] == []
    first, second = record["search_chain_fail"][0]
    assert first == {"original": "what?", "analysis": None, "error": "no_step"}
    assert second["answer"] == "Tessa"


def test_solved_questions_are_numbered(tmp_path):
    solved = toy_record()
    open_ = {**solved, "search_chain_success": []}
    assert write_raw(tmp_path / "raw.jsonl", [solved, open_, solved]) == 2
    rows = [json.loads(line) for line in (tmp_path / "raw.jsonl").open()]
    assert [row.get("id") for row in rows] == [0, None, 1]
    assert list(rows[0])[:3] == ["id_source", "id", "question"]


def test_a_question_that_the_grammar_had_to_mend_keeps_its_opening():
    odd = replace(QUESTIONS[0], text="Where was the director\nof Vel born?")
    trajectory = toy_episode().trajectory
    record = raw_record(odd, [attempt(trajectory)], INFO["r3"], "e")
    assert record["hopgym"]["opening"] == f"The question: {QUESTIONS[0].text}\n"
    assert [row.context for row in rows_of_raw(as_read(record))] == [
        row.context for row in step_rows(trajectory, odd)
    ]


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"question": None}, "field `question` is missing"),
        ({"hopgym": 3}, "field `hopgym` must be an object"),
        ({"hopgym": {}}, "field `info` must be an object"),
        ({"search_chain_success": "x"}, "field `search_chain_success` must be a list"),
        ({"search_chain_success": [[]]}, "must hold lists of steps"),
        ({"search_chain_success": [[{"query": "q"}]]}, "step 1: field `original` is missing"),
        (
            {"search_chain_success": [[{"original": "Step 2:\nno"}]]},
            r"step 1 is no action that 'r3' can read \(bad_step_index\)",
        ),
    ],
)
def test_a_bad_record_is_told_with_its_place(changes, told):
    with pytest.raises(DataError, match=r"raw\.jsonl:1.*") as refused:
        rows_of_raw(Record(toy_record(**changes), "raw.jsonl:1"))
    import re

    assert re.search(told, str(refused.value)), refused.value
