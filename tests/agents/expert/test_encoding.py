from dataclasses import replace

import pytest
from expert_episodes import GRAMMARS, INFO, expert_episodes
from tiny_llms import CHAT, byte_tokenizer, needs_llms, spaced_tokenizer

from hopgym.agents.expert.encoding import IGNORED, Ending, RowEncoder, ending_of
from hopgym.agents.expert.rows import StepRow, step_rows
from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.prompts import PromptEncoder, Prompts
from hopgym.agents.llm.rollout import token_rollout
from hopgym.agents.rollout import Job
from hopgym.errors import ConfigError

needs_llms()

TOKENIZERS = [byte_tokenizer, spaced_tokenizer]
STYLES = ["plain", "chat", "chat_whole"]
R3 = {"query": "\nThe retrieval documents:", "answer": None}


def episodes(grammar="r3"):
    return [step_rows(t, q, INFO[grammar]) for q, t in expert_episodes(grammar)]


def encoder(style="plain", tokenizer=None, **more):
    made = tokenizer or byte_tokenizer(CHAT)
    return RowEncoder(made, Prompts(style=style), **more)


def segments(row):
    """The runs of tokens that have a loss."""
    runs, last = [], IGNORED
    for token, label in zip(row.input_ids, row.labels, strict=True):
        assert label in (IGNORED, token)
        if label != IGNORED:
            runs = [*runs[:-1], [*runs[-1], token]] if last != IGNORED else [*runs, [token]]
        last = label
    return runs


def ended(row, tokenizer):
    """A step's action and what ends its turn, in plain text."""
    ending = ending_of(row)
    return row.output + ending.text + (tokenizer.eos_token if ending.is_token else "")


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_the_loss_is_on_the_outputs_exactly(grammar, tokenizer):
    made = tokenizer()
    decode = encoder(tokenizer=made)._encoder.codec.decode
    for rows in episodes(grammar):
        whole = encoder(tokenizer=made).episode(rows)
        texts = [decode(run) for run in segments(whole)]
        assert texts == [row.output + ending_of(row).text for row in rows]
        for row in rows:
            step = encoder(tokenizer=made).step(row)
            (run,) = segments(step)
            assert run == step.labels[-len(run) :]
            assert decode(run) == row.output + ending_of(row).text
            assert (run[-1] == made.eos_token_id) == ending_of(row).is_token


@pytest.mark.parametrize("style", ["plain", "chat"])
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_an_episode_in_tokens_says_the_transcript(grammar, style):
    made = byte_tokenizer(CHAT)
    for question, trajectory in expert_episodes(grammar):
        rows = step_rows(trajectory, question, INFO[grammar])
        row = encoder(style).episode(rows)
        text = made.decode(row.input_ids).removesuffix(made.eos_token)
        if style == "chat":  # the template stands in the place of the line before the first action
            assert text.startswith("<|im_start|>system\n" + rows[0].grammar.instructions)
            said = trajectory.transcript.partition(rows[0].output)[2]
            assert text.endswith(f"assistant\n{rows[0].output}{said}")
        else:
            assert text == trajectory.transcript


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_a_step_s_prompt_is_the_one_that_the_agent_is_played_with(grammar, style):
    prompts = PromptEncoder(byte_tokenizer(CHAT), Prompts(style=style))
    for rows in episodes(grammar)[:10]:
        for row in rows:
            prompt = prompts.prompt(row.context, row.prompt_info)
            step = encoder(style).step(row)
            assert step.input_ids[: len(prompt)] == prompt
            assert step.labels[: len(prompt)] == [IGNORED] * len(prompt)


class Copies:
    """A model that writes a trajectory's actions, and the stop, as canonical tokens."""

    def __init__(self, rows, codec, tokenizer):
        self.rows, self.codec, self.tokenizer, self.turn = rows, codec, tokenizer, 0

    def generate(self, prompts, rngs, stop=None):
        row = self.rows[self.turn]
        self.turn += 1
        written = row.output + ending_of(row).text
        ids = self.codec.encode(written)
        if ending_of(row).is_token:
            ids = [*ids, self.tokenizer.eos_token_id]
        return [Generation(ids, [0.0] * len(ids), written, row.output, "stop")]


@pytest.mark.parametrize("style", ["plain", "chat"])
@pytest.mark.parametrize("grammar", ["r3", "search_r1"])
def test_an_episode_is_the_row_that_a_token_rollout_gives_the_trainer(grammar, style):
    made = byte_tokenizer(CHAT)
    kwargs = {"questions": "world?entities=400&dev=100", "split": "dev", "max_steps": 8}
    for rows in episodes(grammar)[:6]:
        model = Copies(rows, encoder(style)._encoder.codec, made)
        (played,) = token_rollout(
            "hopgym/SearchRead-v0",
            model,
            [Job(rows[0].question_id)],
            prompts=Prompts(style=style),
            env_kwargs={**kwargs, "grammar": grammar},
            num_envs=1,
        )
        row = encoder(style).episode(rows)
        assert row.input_ids == played.tokens.ids
        assert [label != IGNORED for label in row.labels] == list(map(bool, played.tokens.mask))


def test_turns_end_as_the_grammar_stops_them():
    r3 = [ending_of(row) for row in episodes("r3")[0]]
    assert r3 == [Ending("\nThe retrieval documents:")] * (len(r3) - 1) + [Ending(is_token=True)]
    for grammar in ("search_r1", "dag"):
        assert {ending_of(row) for rows in episodes(grammar) for row in rows} == {Ending()}
    cut = replace(episodes("search_r1")[0][0], output="<think>a</think> <search>b</search> c")
    assert ending_of(cut) == Ending(is_token=True)


def test_where_each_turn_is_a_message_the_end_token_ends_it():
    made = byte_tokenizer(CHAT)
    rows = episodes("r3")[0]
    for row in rows:
        step = encoder("chat_whole").step(row)
        assert step.labels[-1] == made.eos_token_id
        assert made.decode(step.learnt[:-1]) == row.output
    with pytest.raises(ConfigError, match="unit=step"):
        encoder("chat_whole").episode(rows)
    with pytest.raises(ConfigError, match="unit=step"):
        encoder("chat_whole").encode(rows)


def flat(grammar="r3"):
    return [row for rows in episodes(grammar) for row in rows]


def test_rows_are_encoded_by_episode_or_by_step():
    rows = flat()
    whole, steps = encoder().encode(rows), encoder().encode(rows, "step")
    assert len(whole.rows) == len(episodes()) and len(steps.rows) == len(rows)
    assert whole.cut == whole.skipped == steps.cut == steps.skipped == 0
    learnt = [token for row in whole.rows for token in row.learnt]
    assert learnt == [token for row in steps.rows for token in row.learnt]
    with pytest.raises(ConfigError, match="unit is 'turn'; it may be episode or step"):
        encoder().encode(rows, "turn")


def test_what_is_too_long_falls_into_steps_whose_context_is_cut_at_its_beginning():
    rows = flat()
    lengths = sorted(len(row.input_ids) for row in encoder().encode(rows).rows)
    limit = lengths[len(lengths) // 2]
    fitted = encoder(max_length=limit).encode(rows)
    assert all(len(row.input_ids) <= limit for row in fitted.rows)
    assert len(episodes()) < len(fitted.rows) and fitted.cut and not fitted.skipped
    whole = {tuple(row.learnt): row for row in encoder().encode(rows, "step").rows}
    for row in encoder(max_length=limit).encode(rows, "step").rows:
        full = whole[tuple(row.learnt)]
        assert full.input_ids[-len(row.input_ids) :] == row.input_ids


def test_a_step_that_leaves_no_room_for_its_context_is_left_out():
    row = StepRow(question_id="q", step=1, context="The question: Who?", output="x" * 50)
    only = len(encoder().step(row).learnt)
    assert encoder(max_length=only).encode([row]) == ([], 0, 1)
    (kept,), cut, skipped = encoder(max_length=only + 1).encode([row])
    assert (cut, skipped, len(kept.input_ids)) == (1, 0, only + 1)


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="max_length is 1"):
        encoder(max_length=1)
    with pytest.raises(ConfigError, match="has no chat template"):
        RowEncoder(byte_tokenizer(), Prompts(style="chat"))

    class Endless:
        eos_token_id = None

    with pytest.raises(ConfigError, match="has no end token"):
        RowEncoder(Endless())
