import json
from dataclasses import replace

import pytest
from toy import DOCUMENTS, QUESTIONS, ToyQuestions, ToyRetriever

from hopgym.agents.base import FunctionAgent
from hopgym.agents.expert.collect import SUFFIX, collect
from hopgym.agents.expert.collection import Collection
from hopgym.agents.expert.published import read_rows
from hopgym.envs.grammars import make_grammar
from hopgym.errors import DataError, ResultsError, RetrievalError
from hopgym.rewards.judges import Verdict

R3 = make_grammar("r3")
WORLD = "world?entities=300&train=40&dev=10&test=10&hops=1-3"
SMALL = Collection(questions=WORLD, attempts=2, env_kwargs={"max_steps": 8})


def toy(**changes):
    given = {"questions": ToyQuestions(), "env_kwargs": {"retriever": ToyRetriever()}}
    return Collection(**{**given, **changes})


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Learner:
    """Answers wrongly under seed 0, and rightly under others."""

    name = "learner"

    def reset(self, seed=None):
        self.seed = seed

    def act(self, observations, infos):
        golds = {q.id: q.answers[0] for q in QUESTIONS}
        return [
            R3.write_answer(i["turn"], "K.", golds[i["question_id"]] if self.seed else "wrong")
            for i in infos
        ]


class Fails(ToyRetriever):
    """Fails for a while."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def search(self, queries, k):
        if self.times:
            self.times -= 1
            raise RetrievalError("no luck")
        return super().search(queries, k)


def test_the_first_good_episode_of_each_question_is_kept(tmp_path):
    told = collect(toy(agent=Learner(), attempts=3), tmp_path / "raw.jsonl")
    assert told[1:] == (2, 2, 4, 0, 0, 0, "")
    rows = records(told.path)
    assert [row["id_source"] for row in rows] == ["q1", "q2"]
    for n, row in enumerate(rows):
        assert row["id"] == n and row["hopgym"]["attempt"] == 2
        assert row["success_reason"] == ["em 1"] and row["fail_reason"] == ["em 0"]
        assert row["search_chain_fail"][0][0]["answer"] == "wrong"


def test_what_no_attempt_solves_stays_unsolved(tmp_path):
    told = collect(toy(agent=Learner(), attempts=1), tmp_path / "raw.jsonl")
    assert (told.accepted, told.played) == (0, 2)
    assert all("id" not in row and not row["search_chain_success"] for row in records(told.path))
    more = collect(toy(agent=Learner(), attempts=2), tmp_path / "raw.jsonl")
    assert (more.accepted, more.played, more.kept) == (2, 2, 2)


def test_another_agent_may_make_the_later_attempts(tmp_path):
    wrong = FunctionAgent(lambda o: R3.write_answer(1, "K.", "wrong"), name="wrong")
    told = collect(toy(agent=wrong, retry_agent="oracle"), tmp_path / "raw.jsonl")
    assert (told.accepted, told.played) == (2, 4)


def test_the_expert_collects_most_of_a_world_and_alike_each_time(tmp_path):
    told = collect(SMALL, tmp_path / "a.jsonl", num_envs=7)
    assert told.accepted >= 0.9 * told.questions == 36
    collect(SMALL, tmp_path / "b.jsonl", num_envs=1)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    kept = collect(SMALL, tmp_path / "a.jsonl")
    assert kept.played == 0 and kept.kept == told.played
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 3_000, 20_000, -5])
def test_an_interrupted_run_leaves_the_same_file(tmp_path, cut):
    whole = collect(SMALL, tmp_path / "whole.jsonl").path.read_bytes()
    journal = (tmp_path / f"whole.jsonl{SUFFIX}").read_bytes()
    (tmp_path / f"cut.jsonl{SUFFIX}").write_bytes(journal[:cut])
    told = collect(SMALL, tmp_path / "cut.jsonl")
    assert told.kept + told.played == len(journal.splitlines()) - 1
    assert (tmp_path / "cut.jsonl").read_bytes() == whole


def test_a_run_that_is_stopped_goes_on(tmp_path):
    class Stops:
        def begin(self, label, total):
            self.left = 5

        def step(self, attempt):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

        def end(self):
            raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        collect(SMALL, tmp_path / "raw.jsonl", reporter=Stops())
    assert not (tmp_path / "raw.jsonl").exists()
    assert collect(SMALL, tmp_path / "raw.jsonl").kept == 5


def test_infrastructure_gets_another_chance_and_is_counted_apart(tmp_path):
    retriever = Fails(2)
    told = collect(toy(env_kwargs={"retriever": retriever}), tmp_path / "raw.jsonl", num_envs=1)
    assert (told.accepted, told.errors) == (2, 0)
    assert told.first_error == "RetrievalError: no luck"

    broken = ToyRetriever()
    broken.broken = True
    out = tmp_path / "broken.jsonl"
    told = collect(toy(env_kwargs={"retriever": broken}), out)
    assert (told.accepted, told.errors, told.first_error[:14]) == (0, 2, "RetrievalError")
    assert records(out) == []
    broken.broken = False
    told = collect(toy(env_kwargs={"retriever": broken}), out)
    assert (told.accepted, told.errors, told.kept) == (2, 0, 0)


class Judge:
    """Accepts everything; remembers how many it was asked about at a time."""

    name = fingerprint = "judge"

    def __init__(self):
        self.asked = []

    def outcome(self, claims):
        self.asked.append(len(claims))
        return [Verdict(1.0, "fine")] * len(claims)

    semantic = process = outcome


def test_a_judge_is_asked_about_many_episodes_at_once(tmp_path, monkeypatch):
    judge = Judge()
    monkeypatch.setattr("hopgym.agents.expert.acceptance.make_judge", lambda spec: judge)
    told = collect(replace(SMALL, accept=("judge=any",)), tmp_path / "raw.jsonl")
    assert told.accepted == 40 and judge.asked == [40]
    assert records(told.path)[0]["success_reason"] == ["judge judge 1: fine"]


def test_other_conditions_are_refused_and_fresh_begins_anew(tmp_path):
    out = tmp_path / "raw.jsonl"
    collect(toy(), out)
    with pytest.raises(ResultsError, match=r"accept: \[\"em>=1\"\], not \[\"f1>=0.5\"\]"):
        collect(toy(accept=("f1>=0.5",)), out)
    with pytest.raises(ResultsError, match="agents"):
        collect(toy(agent="oracle"), out)
    assert collect(toy(agent="oracle"), out, fresh=True).played == 2


def test_questions_for_evaluation_are_not_collected(tmp_path):
    class Leaky(ToyQuestions):
        splits = ("train", "test")

        def questions(self, split):
            return QUESTIONS if split == "train" else QUESTIONS[1:]

    leaky = toy(questions=Leaky())
    with pytest.raises(DataError, match="1 of 2 questions of toy train also stand in a split"):
        collect(leaky, tmp_path / "raw.jsonl")
    assert not list(tmp_path.iterdir())
    told = collect(replace(leaky, leave_out=True), tmp_path / "raw.jsonl")
    assert (told.questions, told.left_out, told.accepted) == (1, 1, 1)
    assert collect(replace(leaky, exclude=()), tmp_path / "all.jsonl").questions == 2


@pytest.mark.parametrize(
    "env, more", [("hopgym/SearchRead-v0", {"grammar": "search_r1"}), ("hopgym/DagSearch-v0", {})]
)
def test_every_text_environment_can_be_collected_from(tmp_path, env, more):
    collection = replace(SMALL, env_id=env, env_kwargs={"max_steps": 8, **more})
    told = collect(collection, tmp_path / "raw.jsonl")
    assert told.accepted >= 0.7 * told.questions
    rows = read_rows(told.path)
    assert len({row.question_id for row in rows}) == told.accepted
    assert rows[0].info["grammar"] == more.get("grammar", "dag")


def test_the_toy_set_has_documents():
    assert len(DOCUMENTS) == 3
