import hashlib
import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from tiny_llms import CHAT, SPECIAL, byte_tokenizer, causal_lm, needs_llms
from toy import QUESTIONS, ToyQuestions, ToyRetriever, toy_kwargs

from hopgym.agents.llm.codec import TextCodec
from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.prompts import Prompts
from hopgym.agents.llm.rollout import token_rollout
from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.stops import StopWatch
from hopgym.agents.llm.transformers_generator import TransformersGenerator
from hopgym.agents.rollout import Job
from hopgym.core import Document, Question
from hopgym.envs.grammars import make_grammar
from hopgym.envs.spaces import UnicodeText
from hopgym.errors import AgentError, ConfigError, RetrievalError
from hopgym.retrieval.base import Hits

needs_llms()
import torch  # noqa: E402

CONTROL = set(byte_tokenizer().convert_tokens_to_ids(SPECIAL))
READ, DAG = "hopgym/SearchRead-v0", "hopgym/DagSearch-v0"
ODD = "é 終わり 🎲 naïve <|im_end|> Ω"
GRAMMARS = {name: make_grammar(name) for name in ("r3", "search_r1", "dag")}


class OddQuestions(ToyQuestions):
    """Questions and documents of several bytes a character, which name control tokens."""

    documents = (Document("o1", f"Title {ODD}", f"Text {ODD}"), Document("o2", "Vel", "Vel ☂."))

    def questions(self, split):
        return tuple(Question(f"o{n}", f"Who is {ODD} {n}?", ("Ω",)) for n in range(20))


class OddRetriever(ToyRetriever):
    """Finds everything, or nothing."""

    def search(self, queries, k):
        rows = [list(OddQuestions.documents[:k]) if len(q) % 3 else [] for q in queries]
        return Hits(rows, [[1.0] * len(row) for row in rows])


def odd(**changes):
    return {"questions": OddQuestions(), "retriever": OddRetriever(), **changes}


class Babbler:
    """Writes sound actions and rubbish, in tokens that no tokenizer would choose."""

    def __init__(self, grammar):
        self.grammar = grammar
        self.tokenizer = byte_tokenizer(CHAT)
        self.codec = TextCodec(self.tokenizer)
        self.log = set()

    def generate(self, prompts, rngs, stop):
        written = [self.write(list(p), rng, stop) for p, rng in zip(prompts, rngs, strict=True)]
        self.log |= {(tuple(p), tuple(w.ids)) for p, w in zip(prompts, written, strict=True)}
        return written

    def write(self, prompt, rng, stop):
        said = self.codec.decode(prompt)
        step = said.count("\nThe retrieval query:") + 1
        grammar = GRAMMARS[self.grammar]
        kind = rng.choice(["query", "answer", "rubbish"], p=[0.6, 0.25, 0.15])
        if kind == "query":
            text = grammar.write_query(step, f"I look. {ODD}"[: rng.integers(2, 30)], "film of Vel")
        elif kind == "answer":
            text = grammar.write_answer(step, "Known.", "Ω")
        else:
            text = "".join(rng.choice([*ODD, "\n", "Step 1:", "<answer>", " "], size=20))
        text = [text, f" {text}", f"{text} \n"][rng.choice(3, p=[0.9, 0.05, 0.05])]
        pieces = [text] if rng.random() < 0.5 else list(text)
        ids = [token for piece in pieces for token in self.codec.encode(piece)]
        if rng.random() < 0.05:  # bytes that are no character
            ids[rng.integers(len(ids))] = int(rng.integers(3, 250))
        if rng.random() < 0.1:  # cut off, maybe within a character
            return self.end(ids[: rng.integers(1, len(ids) + 1)], stop, "length")
        if rng.random() < 0.4 and not stop.keep:
            ids += self.codec.encode(stop.strings[0])
        return self.end([*ids, self.tokenizer.eos_token_id], stop, "eos")

    def end(self, ids, stop, finish):
        watch = StopWatch(self.codec, stop)
        seen = next((n for n in range(1, len(ids) + 1) if watch.sees(ids[:n])), None)
        if seen is not None:
            last, merged = ids[seen - 1], self.tokenizer.convert_tokens_to_ids(">ĊĊ")
            ids, finish = ids[:seen], "stop"
            if (
                self.codec.decode([last]) == ">" and len(ids) % 2
            ):  # the stop ends in the middle of its last token
                ids[-1] = merged
        written = self.codec.decode(ids)
        text = stop.cut(written) if finish == "stop" else written
        return Generation(ids, [-0.25] * len(ids), written, text, finish)


def characters(row, codec):
    """Spans of characters, by the mask alone, but that a stop counts as the environment's."""
    ends = [n for n in range(1, len(row)) if row.mask[n] != row.mask[n - 1]]
    tails = iter([turn.tail for turn in row.turns])
    spans, at = [], 0
    for start, end in zip([0, *ends], [*ends, len(row)], strict=True):
        at += len(codec.decode(row.ids[start:end]))
        if row.mask[start]:
            spans += [(0, at - len(next(tails)), "agent"), (0, at, "env")]
        else:
            spans[-1:] = [(0, at, "env")]
    ends = [0, *(end for _, end, _ in spans)]
    filled = zip(ends, spans, strict=False)
    return [(begun, end, author) for begun, (_, end, author) in filled if begun < end]


def rebuilt(row, trajectory, codec, grammar):
    """The transcript, made of the row: what was written is cleaned as an environment does."""
    before = GRAMMARS[grammar].before_action()
    ends = [turn.start for turn in row.turns[1:]] + [len(row)]
    text = codec.decode(row.ids[: row.prompt_length]).removesuffix(before)
    for number, (turn, step, end) in enumerate(zip(row.turns, trajectory.steps, ends, strict=True)):
        written = codec.decode(row.ids[turn.start : turn.end])
        action = written.removesuffix(turn.tail)
        assert action == step.action  # what the agent's tokens say is what the environment read
        reply = codec.decode(row.ids[turn.end : end])
        if number < len(row.turns) - 1:
            assert reply.endswith(before)
            reply = reply[: len(reply) - len(before)]
        if turn.tail and step.observation.startswith(turn.tail):
            reply = turn.tail + reply
        assert reply == step.observation
        if step.parse_error:
            kept, _ = GRAMMARS[grammar].refusal(Code(step.parse_error), step.action)
            text += kept + reply
        else:
            text += before + action.strip() + reply
    return text


class Code(str):
    """A parse error's code, where a grammar asks for its value."""

    @property
    def value(self):
        return str(self)


def is_clean(row, trajectory):
    """Whether nothing was sampled that the transcript leaves out."""
    return all(
        step.parse_error is None
        and step.action == step.action.strip()
        and step.observation.startswith(turn.tail)
        for turn, step in zip(row.turns, trajectory.steps, strict=True)
    )


SLOW = pytest.mark.slow
CASES = [
    pytest.param(READ, "r3", {"max_steps": 4, "format_retries": 2}, marks=SLOW),
    pytest.param(
        READ,
        "search_r1",
        {"max_steps": 4, "format_retries": 1, "force_answer": True},
        marks=SLOW,
    ),
    (DAG, "dag", {"max_plans": 3, "format_retries": 2, "sources": {"General": OddRetriever()}}),
]


@pytest.mark.parametrize(("env", "grammar", "settings"), CASES, ids=lambda v: str(v)[:12])
def test_on_a_thousand_transcripts_the_mask_is_exactly_the_agents_tokens(env, grammar, settings):
    babbler = Babbler(grammar)
    codec = babbler.codec
    jobs = [Job(f"o{n % 20}", n) for n in range(1000 if env == READ else 300)]
    kwargs = odd(**settings, **({"grammar": grammar} if env == READ else {}))
    played = list(token_rollout(env, babbler, jobs, env_kwargs=kwargs, num_envs=16))
    clean = refused = 0
    for (_, trajectory, *_), row in played:
        assert len(row.ids) == len(row.mask) == len(row.logprobs)
        assert row.logprobs == [-0.25 * author for author in row.mask]
        inside = {n for turn in row.turns for n in range(turn.start, turn.end)}
        assert inside == {n for n, m in enumerate(row.mask) if m == 1}
        for turn in row.turns:  # prompt and continuation, token by token, as they were generated
            log = (tuple(row.ids[: turn.start]), tuple(row.ids[turn.start : turn.end]))
            assert log in babbler.log
        assert rebuilt(row, trajectory, codec, grammar) == trajectory.transcript
        refused += any(step.parse_error for step in trajectory.steps)
        if is_clean(row, trajectory):
            clean += 1
            assert codec.decode(row.ids) == trajectory.transcript
            assert characters(row, codec) == list(trajectory.spans)
    assert sorted(p.episode.job for p in played) == sorted(jobs)
    assert clean > len(jobs) / 25 and refused > len(jobs) / 10


def generator(temperature=1.0, tokens=40):
    model = causal_lm(spread=1.5)
    sampling = Sampling(max_new_tokens=tokens, temperature=temperature)
    return TransformersGenerator(model, byte_tokenizer(CHAT), sampling)


def rows_of(jobs, num_envs=4, seed=3, prompts=None, grammar="search_r1", **settings):
    kwargs = toy_kwargs(grammar=grammar, max_steps=3, **settings)
    played = token_rollout(
        READ, generator(), jobs, env_kwargs=kwargs, num_envs=num_envs, seed=seed, prompts=prompts
    )
    return {played.episode.job: played.tokens for played in played}


JOBS = [Job("q1", 0), Job("q2", 0), Job("q1", 1), Job("q2", 1), Job("q1", 2)]


def test_what_is_sampled_follows_the_seed_and_the_job_and_no_batch():
    one, four = rows_of(JOBS, num_envs=1), rows_of(JOBS, num_envs=4)
    assert {job: row.ids for job, row in one.items()} == {job: r.ids for job, r in four.items()}
    for job, row in one.items():
        assert row.logprobs == pytest.approx(four[job].logprobs, abs=1e-4)
    assert one[JOBS[0]].ids != one[JOBS[2]].ids  # another seed of the same question
    assert one[JOBS[0]].ids != rows_of(JOBS[:1], seed=4)[JOBS[0]].ids


def digest(num_envs):
    rows = rows_of(JOBS, num_envs=num_envs)
    ids = [[list(job), row.ids] for job, row in sorted(rows.items())]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()


@pytest.mark.slow
def test_another_process_with_another_batch_samples_the_same():
    here = Path(__file__).parent
    code = (
        f"import sys; sys.path[:0] = [{str(here.parents[1])!r}, {str(here)!r}]\n"
        "import test_rollout; print(test_rollout.digest(num_envs=3))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split()[-1] == digest(num_envs=5)


@pytest.mark.parametrize("style", ["plain", "chat"])
def test_one_pass_over_a_row_gives_the_log_probabilities_it_was_sampled_with(style):
    rows = rows_of(JOBS, prompts=Prompts(style=style))
    model = causal_lm(spread=1.5)
    for row in rows.values():
        assert len(row.turns) == 3 and all(turn.cut == 0 for turn in row.turns)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row.ids])).logits[0].log_softmax(-1)
        for at, (token, author) in enumerate(zip(row.ids, row.mask, strict=True)):
            if author:
                assert row.logprobs[at] == pytest.approx(logits[at - 1, token].item(), abs=1e-4)


def test_a_chat_begins_with_the_template_and_goes_on_in_the_assistants_message():
    (row,) = rows_of(JOBS[:1], prompts=Prompts(style="chat")).values()
    tokenizer = byte_tokenizer(CHAT)
    begun = tokenizer.decode(row.ids[: row.prompt_length])
    rules = GRAMMARS["search_r1"].instructions
    assert begun == (
        f"<|im_start|>system\n{rules}<|im_end|>\n<|im_start|>user\nQuestion: {QUESTIONS[0].text}\n"
        "<|im_end|>\n<|im_start|>assistant\n"
    )
    replies = {row.ids[n] for n in range(row.prompt_length, len(row)) if not row.mask[n]}
    assert replies and not replies & CONTROL


def test_each_turn_has_the_reward_of_its_step():
    babbler = Babbler("r3")
    played = token_rollout(
        READ, babbler, [Job("q1", n) for n in range(40)], env_kwargs=toy_kwargs(reward="r3_paper")
    )
    for episode, row in played:
        steps = episode.trajectory.steps
        assert [turn.reward_terms for turn in row.turns] == [step.reward_terms for step in steps]
        assert [turn.parse_error for turn in row.turns] == [step.parse_error for step in steps]
        assert sum(turn.reward for turn in row.turns) == pytest.approx(episode.reward)


def test_a_failed_retrieval_is_an_error_of_its_own_episode_and_has_no_row():
    class Picky(ToyRetriever):
        def search(self, queries, k):
            raise RetrievalError("no luck")

    class Asks(Babbler):
        def write(self, prompt, rng, stop):
            act = "write_query" if "born" in self.codec.decode(prompt) else "write_answer"
            text = getattr(GRAMMARS["r3"], act)(1, "I look.", "film")
            return self.end([*self.codec.encode(text), 2], stop, "eos")

    jobs = [Job("q1"), Job("q2")]
    played = token_rollout(READ, Asks("r3"), jobs, env_kwargs=toy_kwargs(retriever=Picky()))
    found = {episode.job.question_id: (episode.error, row) for episode, row in played}
    assert found["q1"] == ("RetrievalError: no luck", None)
    assert found["q2"][0] is None and len(found["q2"][1].turns) == 1


def test_where_room_ends_the_turn_says_what_was_not_seen():
    model = TransformersGenerator(
        causal_lm(), byte_tokenizer(), Sampling(max_new_tokens=20), context=60
    )
    kwargs = toy_kwargs(grammar="search_r1", max_steps=3)
    with pytest.warns(UserWarning, match="cut off"):
        ((_, row),) = token_rollout(READ, model, JOBS[:1], env_kwargs=kwargs)
    assert [turn.cut for turn in row.turns] == [max(0, turn.start - 40) for turn in row.turns]
    assert row.turns[-1].cut > 0


class Silent(gymnasium.Env):
    """Plays in text, and does not tell what it replied, or who wrote what."""

    action_space = observation_space = UnicodeText(100)
    ends = True

    def reset(self, *, seed=None, options=None):
        return "?", {"question_id": options["question_id"]}

    def step(self, action):
        info = {"reward_terms": {}, "metrics": {}}
        return "?!", 1.0, self.ends, False, info


@pytest.mark.parametrize(("ends", "lacks"), [(True, "trajectory"), (False, "new_text")])
def test_an_environment_that_does_not_tell_its_replies_is_refused(ends, lacks):
    gymnasium.register("toy/Silent-v0", Silent, disable_env_checker=True)
    Silent.ends = ends
    try:
        with pytest.raises(
            AgentError, match=f"need .*info\\['{lacks}'\\]|which is info\\['{lacks}"
        ):
            list(token_rollout("toy/Silent-v0", generator(tokens=3), JOBS[:1]))
    finally:
        del gymnasium.registry["toy/Silent-v0"]


def test_what_makes_no_row_is_refused():
    with pytest.raises(ConfigError, match="chat_whole sends every turn a new message"):
        list(token_rollout(READ, generator(), JOBS, prompts=Prompts(style="chat_whole")))
    with pytest.raises(ConfigError, match="num_envs is 0"):
        list(token_rollout(READ, generator(), JOBS, num_envs=0))
