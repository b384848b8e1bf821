import gzip
import json
from dataclasses import replace

import pytest
from expert_episodes import GRAMMARS, INFO, expert_episodes, toy_episode, unreadable_episode
from toy import QUESTIONS

from hopgym.agents.expert.rows import (
    StepRow,
    episodes_of,
    instruction,
    parse,
    said_in,
    step_rows,
    write_instructions,
)
from hopgym.core import Span
from hopgym.envs.grammars import Move
from hopgym.errors import DataError


def toy_rows():
    return step_rows(toy_episode().trajectory, QUESTIONS[0])


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_a_row_is_what_was_seen_and_what_was_written(grammar):
    for question, trajectory in expert_episodes(grammar):
        rows = step_rows(trajectory, question, INFO[grammar])
        assert [row.output for row in rows] == [step.action.strip() for step in trajectory.steps]
        before = rows[0].grammar.before_action()
        shown = ""
        for row, step in zip(rows, trajectory.steps, strict=True):
            assert trajectory.transcript.startswith(row.context + before + row.output)
            assert row.context.startswith(shown)
            shown = trajectory.transcript[: step.end]
            assert row.reward == pytest.approx(sum(step.reward_terms.values()))
            assert isinstance(parse(row.grammar, row.output, row.step), Move)
        assert [row.step for row in rows] == list(range(1, len(rows) + 1))


def test_the_context_is_the_observation_of_that_turn():
    seen = []

    class Looks:
        name = "looks"

        def __init__(self):
            from hopgym.agents import make_agent

            self.agent = make_agent("expert")
            self.reset, self.bind = self.agent.reset, self.agent.bind

        def act(self, observations, infos):
            seen.extend(observations)
            return self.agent.act(observations, infos)

    rows = step_rows(toy_episode(Looks()).trajectory, QUESTIONS[0])
    assert [row.context for row in rows] == seen
    assert rows[0].prompt_info == {"grammar": "r3", "question": QUESTIONS[0].text}


def test_an_episode_with_a_flaw_is_refused():
    with pytest.raises(DataError, match=r"'q1' is no example to learn from \(unreadable: no_step"):
        step_rows(unreadable_episode().trajectory, QUESTIONS[0])
    trajectory = toy_episode().trajectory
    with pytest.raises(DataError, match="no answer: running"):
        step_rows(replace(trajectory, outcome="running"), QUESTIONS[0])
    with pytest.raises(DataError, match="has 1 actions for 3 steps"):
        said_in(replace(trajectory, spans=(Span(0, 5, "agent"),)))


def test_instructions_are_the_published_record():
    row = toy_rows()[1]
    assert list(instruction(row)) == ["instruction", "input", "output"]
    assert instruction(row)["input"] == ""
    assert not instruction(row)["instruction"].endswith("\n")
    assert instruction(row)["output"].startswith("Step 2:\nThe problem analysis: ")


def test_instructions_are_a_list_or_lines_by_the_files_name(tmp_path):
    rows = toy_rows()
    expected = [instruction(row) for row in rows]
    assert write_instructions(tmp_path / "a.json", rows) == 3
    assert json.loads((tmp_path / "a.json").read_text()) == expected
    assert write_instructions(tmp_path / "a.jsonl", iter(rows)) == 3
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").open()] == expected
    write_instructions(tmp_path / "a.jsonl.gz", rows)
    with gzip.open(tmp_path / "a.jsonl.gz", "rt") as lines:
        assert [json.loads(line) for line in lines] == expected


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_rows_of_an_episode_are_found_together(grammar):
    episodes = [step_rows(t, q, INFO[grammar]) for q, t in expert_episodes(grammar)]
    flat = [row for rows in episodes for row in rows]
    assert episodes_of(flat) == episodes
    assert episodes_of(reversed(flat)) == [[row] for row in reversed(flat)]
    assert episodes_of([]) == []


def test_a_row_of_another_question_or_of_no_sequel_begins_an_episode():
    first, second, _ = toy_rows()
    assert len(episodes_of([first, replace(second, question_id="else")])) == 2
    assert len(episodes_of([first, replace(second, context="The question: else?")])) == 2
    other = StepRow(question_id="q", step=1, context="c", output="o")
    assert other.info == {"grammar": "r3"} and other.reward == 0.0
