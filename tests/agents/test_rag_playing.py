"""Agents that know nothing of RAG play it in both forms: hops of the environment's, and their own."""

import sys

import pytest
from playing import em_by, moves, play
from tiny_llms import CHAT, byte_tokenizer, causal_lm, needs_llms
from toy import QUESTIONS, toy_kwargs

from hopgym.__main__ import main
from hopgym.agents import make_agent
from hopgym.agents.expert.collect import collect
from hopgym.agents.expert.collection import Collection
from hopgym.agents.expert.encoding import RowEncoder, ending_of
from hopgym.agents.expert.rows import step_rows
from hopgym.agents.llm.agent import LLMAgent
from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.prompts import Prompts
from hopgym.agents.llm.rollout import token_rollout
from hopgym.agents.llm.sampling import Sampling
from hopgym.agents.llm.transformers_generator import TransformersGenerator
from hopgym.agents.rollout import Job, rollout
from hopgym.benchmarks.results import read_records
from hopgym.envs.datasets import make_questions

ENV = "hopgym/RAG-v0"
WORLD = "world?entities=400&dev=100"
FORMS = {
    "shown": {"hops": 1},
    "hops": {"hops": 3},
    "agent": {"hops": 6, "generator": "agent"},
}
SCRIPTED = ("single_shot", "iterative", "oracle", "random", "closed_book", "expert")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("agent", SCRIPTED)
def test_scripted_agents_play_it_without_an_unreadable_action(agent, form):
    episodes = play(agent, WORLD, env=ENV, limit=15, reward="f1", **FORMS[form])
    steps = [step for episode in episodes for step in episode.trajectory.steps]
    assert all(step.parse_error is None for step in steps)
    assert all(episode.trajectory.outcome == "answered" for episode in episodes)
    if form != "agent":
        assert {len(episode.trajectory.steps) for episode in episodes} == {1}


@pytest.mark.parametrize("form", FORMS)
def test_the_oracle_is_right_on_every_kind_and_number_of_hops(form):
    episodes = play("oracle", WORLD, env=ENV, reward="f1", **{**FORMS[form], "max_steps": 8})
    assert set(em_by(episodes, lambda q: (q.type, len(q.hops)), WORLD).values()) == {1.0}
    if form == "agent":
        recall = [episode.metrics["gold_recall"] for episode in episodes]
        assert sum(recall) / len(recall) > 0.9


def test_the_oracle_asks_the_gold_hops_in_order():
    kwargs = toy_kwargs(hops=3, generator="agent", reward="f1")
    (episode,) = rollout(ENV, make_agent("oracle"), [Job("q1")], env_kwargs=kwargs)
    queries = [("query", hop.query) for hop in QUESTIONS[0].hops]
    assert moves(episode) == [*queries, ("answer", "Tessa")]
    assert episode.metrics["gold_recall"] == 1.0


def test_more_hops_help_who_reads():
    once, asking = (
        play("iterative", WORLD, env=ENV, reward="f1", **FORMS[form]) for form in ("shown", "agent")
    )
    mean = [sum(e.metrics["em"] for e in played) / len(played) for played in (once, asking)]
    assert mean[1] > mean[0] + 0.2


def test_episodes_of_the_expert_are_lessons(tmp_path):
    needs_llms()
    wanted = Collection(
        env_id=ENV,
        questions="world?entities=300&train=20",
        episodes=20,
        env_kwargs={"hops": 4, "generator": "agent", "reward": "f1"},
    )
    collect(wanted, tmp_path / "lessons")
    episodes = play("expert", WORLD, env=ENV, limit=30, reward="f1", **FORMS["agent"])
    questions = {q.id: q for q in make_questions(WORLD).questions("dev")}
    encoder = RowEncoder(byte_tokenizer())
    told = set()
    for episode in episodes:
        question = questions[episode.job.question_id]
        rows = step_rows(episode.trajectory, question, {"grammar": "rag"})
        (encoded,) = encoder.encode(rows).rows
        said = byte_tokenizer().decode(encoded.learnt)
        assert all(row.output in said for row in rows) and "Content:" not in said
        told |= {ending_of(row).text for row in rows}
    assert told == {"", "\n[RETRIEVAL_START]"}


@pytest.mark.parametrize("style", ["plain", "chat"])
@pytest.mark.parametrize("form", ["shown", "agent"])
def test_a_language_model_plays_it(style, form):
    needs_llms()
    tokenizer = byte_tokenizer(CHAT)
    agent = LLMAgent(
        TransformersGenerator(causal_lm(), tokenizer, Sampling(max_new_tokens=12)),
        prompts=Prompts(style=style),
    )
    kwargs = toy_kwargs(reward="f1", format_retries=1, **FORMS[form] | {"hops": 3})
    episodes = list(rollout(ENV, agent, [Job("q1"), Job("q2")], env_kwargs=kwargs, num_envs=2))
    assert [episode.error for episode in episodes] == [None, None]


def test_an_episode_in_tokens_reads_as_its_transcript():
    needs_llms()

    class Model:
        """Answers as one would that has learnt the format, and goes on with the reply."""

        tokenizer = byte_tokenizer()

        def generate(self, prompts, rngs, stop):
            return [self._written(self.tokenizer.decode(prompt), stop) for prompt in prompts]

        def _written(self, prompt, stop):
            asks = "Query:" not in prompt
            text = "Hm.\nQuery: vel film\n[RETRIEVAL_START]" if asks else "Answer: Tessa"
            ids = self.tokenizer.encode(text)
            cut = stop.cut(text) if asks else text
            return Generation(ids, [0.0] * len(ids), text, cut, "stop" if asks else "eos")

    kwargs = toy_kwargs(reward="f1", hops=3, generator="agent")
    (played,) = token_rollout(ENV, Model(), [Job("q1")], env_kwargs=kwargs)
    episode, row = played
    assert byte_tokenizer().decode(row.ids) == episode.trajectory.transcript
    assert episode.metrics["em"] == 1.0


def test_the_bench_plays_it(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = ["bench", "--envs", ENV, "--agents", "oracle,single_shot", "--episodes", "4"]
    words += ["--questions", "world?entities=300", "--out", "o"]
    monkeypatch.setattr(sys, "argv", ["hopgym", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code, capsys.readouterr()
    found = [
        record
        for file in (tmp_path / "o").glob("*.jsonl")
        for record in read_records(file).values()
    ]
    assert len(found) == 8 and {record.env_id for record in found} == {ENV}
