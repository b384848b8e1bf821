import json
import multiprocessing
import os
import signal
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from ppo_runs import (
    BROKEN,
    LORA,
    WORLD,
    Asker,
    alike,
    last_state,
    lines,
    settings,
    weights,
    workplace,
)  # fmt: skip
from sft_runs import generators
from slow_but import slow_but

from hopgym.agents import make_agent
from hopgym.agents.ppo.collect import Collector
from hopgym.agents.ppo.learner import Learner
from hopgym.agents.ppo.optimizer import Optimizer
from hopgym.agents.ppo.train import train
from hopgym.agents.rollout import Job, rollout
from hopgym.agents.training.examination import Examination
from hopgym.envs.datasets import make_questions
from hopgym.errors import AgentError, ConfigError, DataError, UnknownNameError

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

QUESTION = make_questions(WORLD).questions("train")[0].id


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("base")) / "base"


@pytest.fixture
def given(base, tmp_path):
    """Return the settings of a run in a folder of its own."""
    return lambda name="out", **changes: settings(
        tmp_path, **{"model_name": str(base), "output_dir": str(tmp_path / name), **changes}
    )


def out(told):
    return Path(told.output_dir)


def interrupted(monkeypatch, told, update):
    """Train, and stop as by Ctrl-C at the beginning of an update."""
    play = Collector.play

    def stopping(self, generator, number, jobs):
        if number == update:
            raise KeyboardInterrupt
        return play(self, generator, number, jobs)

    with monkeypatch.context() as patched:
        patched.setattr(Collector, "play", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(told)


CASES = {
    "ppo": {},
    "ppo-lora": {**LORA, "lr_scheduler": "cosine", "warmup": 1, "minibatches": 1},
    "rloo": {"algorithm": "rloo", "lr_scheduler": "linear"},
    "rloo-lora": {"algorithm": "rloo", **LORA, "control": "shuffled", "guard": True},
}


@pytest.mark.parametrize("changes", slow_but(CASES["ppo-lora"], CASES.values()))
def test_resumed_training_equals_uninterrupted_training(given, base, monkeypatch, changes):
    usual = {"updates": 4, "save_every": 2, "eval_questions": "", "eval_every": 2, **changes}
    whole, parts = given("whole", **usual), given("parts", **usual)
    train(whole)
    interrupted(monkeypatch, parts, 3)
    assert len(lines(out(parts) / "journal.jsonl")) == 3  # one more than the checkpoint knows
    told = train(replace(parts, resume=True))
    assert told.updates == 4 and [mark.step for mark in told.marks] == [0, 2, 4]
    assert alike(last_state(out(whole)), last_state(out(parts)))
    if not changes.get("lora_r"):
        assert not alike(weights(out(whole)), weights(base))


def in_a_process(told, patch):
    """Train in a process of its own, which dies there as if it were killed from outside."""
    child = multiprocessing.get_context("fork").Process(target=_patched, args=(told, patch))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def _patched(told, patch):
    torch.set_num_threads(1)
    patch()
    train(told)


def _die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_an_update():
    """Be killed between two minibatches of the second update."""
    step, steps = Optimizer.step, count(1)

    def dying(self, update):
        if next(steps) == 4:
            _die()
        return step(self, update)

    Optimizer.step = dying


def die_while_writing():
    """Be killed when half of a checkpoint's files are written."""
    torch.save = lambda state, file: (file.write(b"half"), file.flush(), _die())


def die_before_the_name():
    """Be killed when all is written but not named."""
    Path.rename = _die


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_run_goes_on_as_if_it_had_not_been(given):
    told = given("killed", updates=3)
    train(whole := given("whole", updates=3))
    in_a_process(told, die_in_an_update)
    kept = out(told) / "checkpoints"
    assert [folder.name for folder in kept.iterdir()] == ["checkpoint-1"]
    for patch in (die_while_writing, die_before_the_name):
        in_a_process(replace(told, resume=True), patch)
        assert sorted(f.name for f in kept.iterdir()) == ["checkpoint-1", "checkpoint-2.part"]
    train(replace(told, resume=True))
    assert alike(last_state(out(whole)), last_state(out(told)))


def test_a_schedule_of_rewards_counts_updates(given):
    changes = {"env_id": "hopgym/DagSearch-v0", "env_set": ("curriculum_steps=2",), "reward": ""}
    told = given(**changes)
    train(told)
    journal = lines(out(told) / "journal.jsonl")
    assert [line["weight/format"] for line in journal] == [0.4, 0.4, 0.25]


def test_other_conditions_are_refused(given):
    train(told := given(updates=1))
    with pytest.raises(ConfigError, match=r"holds an earlier run\. Go on with it by --resume"):
        train(told)
    for changes in ({"lr": 0.5}, {"algorithm": "rloo"}, {"seed": 1}, {"reward": "em"}):
        (name,) = changes
        with pytest.raises(ConfigError, match=rf"other conditions \({name}: "):
            train(replace(told, resume=True, **changes))
    with pytest.raises(ConfigError, match=r"other conditions \(questions: .*question_set: "):
        train(replace(told, resume=True, questions=f"{WORLD}&seed=5"))


@pytest.mark.slow
def test_a_finished_run_stays_as_it_is_and_goes_on_where_more_is_asked_for(given):
    usual = {"eval_questions": "", "eval_every": 2}
    first = train(told := given(updates=2, **usual))
    before = last_state(out(told))
    again = train(replace(told, resume=True))
    assert again == first and alike(last_state(out(told)), before)
    more = train(replace(told, resume=True, updates=4, num_envs=64, guard=False, save_every=2))
    train(whole := given("whole", updates=4, save_every=2, **usual))
    assert more.updates == 4
    assert alike(last_state(out(whole)), last_state(out(told)))


def test_a_course_of_the_learning_rate_is_of_one_length(given):
    train(told := given(updates=1, lr_scheduler="cosine"))
    with pytest.raises(ConfigError, match=r"other conditions \(updates: 1, not 2\)"):
        train(replace(told, resume=True, updates=2))


def examined(monkeypatch, *scores):
    """Play without playing: the scores are given. Return the weights that were played."""
    left, seen = list(scores), []

    def play(self, model, tokenizer):
        seen.append({name: w.clone() for name, w in model.state_dict().items()})
        return {"em": left.pop(0)}

    monkeypatch.setattr(Examination, "play", play)
    return seen


def test_the_model_that_played_best_is_left(given, monkeypatch):
    seen = examined(monkeypatch, 0.1, 0.6, 0.3)
    told = given(updates=3, eval_questions="", eval_every=2)
    trained = train(told)
    assert [(mark.step, mark.score) for mark in trained.marks] == [(0, 0.1), (2, 0.6), (3, 0.3)]
    assert (trained.best.step, trained.best.score, trained.alarm) == (2, 0.6, None)
    left = weights(out(told))
    assert all(torch.equal(left[name], seen[1][name]) for name in left)
    assert any(not torch.equal(left[name], seen[2][name]) for name in left)
    assert not (out(told) / "best").exists()
    made = json.loads((out(told) / "hopgym.json").read_text())["made"]
    assert made["best"]["step"] == 2 and made["updates_made"] == 3


def test_a_resumed_run_knows_how_it_played(given, monkeypatch):
    told = given(updates=3, eval_questions="", eval_every=1, **LORA)
    with monkeypatch.context() as patched:
        examined(patched, 0.1, 0.9)
        with pytest.raises(IndexError):  # the third examination kills the run
            train(told)
    examined(monkeypatch, 0.3, 0.2)
    trained = train(replace(told, resume=True))
    assert [mark.score for mark in trained.marks] == [0.1, 0.9, 0.3, 0.2]
    assert trained.best.step == 1


STRICT = ("window=2", "warmup=1", "patience=1", "most_cut=0")


def test_the_guard_stops_and_the_best_is_kept(given, monkeypatch):
    seen = examined(monkeypatch, 0.5, 0.2)
    told = given(updates=9, eval_questions="", save_every=5, guard_set=STRICT)
    trained = train(told)
    assert (trained.updates, trained.alarm.kind) == (2, "length")
    assert [mark.step for mark in trained.marks] == [0, 2] and trained.best.step == 0
    left = weights(out(told))
    assert all(torch.equal(left[name], seen[0][name]) for name in left)

    again = train(replace(told, resume=True))  # it stays stopped, and nothing is played
    assert again == trained
    examined(monkeypatch, 0.4)
    on = train(replace(told, resume=True, guard_set=("most_cut=inf",), updates=3))
    assert (on.updates, on.alarm) == (3, None)


def test_a_broken_number_stops_it_and_is_remembered(given, monkeypatch):
    learn = Learner.learn
    monkeypatch.setattr(
        Learner, "learn", lambda *given: {**learn(*given), "grad_norm": float("nan")}
    )
    trained = train(told := given())
    assert (trained.updates, trained.alarm.kind) == (1, "not_finite")
    again = train(replace(told, resume=True))
    assert again.alarm.reason == trained.alarm.reason and again.updates == 1
    assert train(replace(told, resume=True, guard=False)).alarm is None


def spied(monkeypatch):
    """Return the samples of each update, as they are learnt from."""
    seen, learn = [], Learner.learn

    def learning(self, samples, update):
        seen.append([(s.group, s.rewards.copy(), s.lost) for s in samples])
        return learn(self, samples, update)

    monkeypatch.setattr(Learner, "learn", learning)
    return seen


def test_the_control_is_paid_what_others_were(given, monkeypatch):
    seen = spied(monkeypatch)
    usual = {"updates": 1, "batch_questions": 4, "guard_set": ("patience=1", *STRICT[:2])}
    train(given("paid", **usual))
    told = train(given("control", control="shuffled", **{**usual, "guard_set": STRICT}))
    assert told.alarm is None  # no guard: nothing of this run can be judged
    paid, control = ([rewards.sum() for _, rewards, _ in each] for each in seen)
    assert paid != control and np.allclose(sorted(paid), sorted(control))
    assert [group for group, *_ in seen[0]] == [group for group, *_ in seen[1]]
    assert all(np.count_nonzero(rewards) <= 1 for _, rewards, _ in seen[1])
    figures = [
        lines(Path(told.folder).parent / n / "journal.jsonl")[0] for n in ("paid", "control")
    ]
    assert figures[0]["reward"] == figures[1]["reward"]  # what was played is told as it was


def asking(monkeypatch):
    monkeypatch.setattr(
        "hopgym.agents.ppo.train.make_generator", lambda settings, policy: Asker(policy.tokenizer)
    )


def test_episodes_that_failed_are_left_out_and_counted(given, monkeypatch):
    asking(monkeypatch)
    seen = spied(monkeypatch)
    told = given(
        updates=1, num_envs=1, env_set=("max_steps=1", f"retriever={BROKEN}?every=2")
    )  # fmt: skip
    train(told)
    (figures,) = lines(out(told) / "journal.jsonl")
    assert (figures["episodes"], figures["failed_episodes"]) == (2, 2)
    assert len(seen[0]) == 2 and figures["queries_per_episode"] == 1


def test_where_all_failed_the_reason_is_told(given, monkeypatch):
    asking(monkeypatch)
    told = given(env_set=("max_steps=1", f"retriever={BROKEN}"))
    with pytest.raises(AgentError, match=r"to its end; the first: RetrievalError: .*out of reach"):
        train(told)


@pytest.mark.filterwarnings("ignore:A prompt has")
def test_where_no_prompt_fits_the_reason_is_told(given):
    with pytest.raises(AgentError, match=r"No prompt fitted the model.*larger context"):
        train(given(context=9))


def test_a_judge_pays(given):
    train(told := given(updates=1, reward="r3_paper?judge=rule"))
    (figures,) = lines(out(told) / "journal.jsonl")
    terms = [name for name in figures if name.startswith("reward/")]
    assert len(terms) >= 2 and "reward/format" in terms
    assert figures["reward"] == pytest.approx(sum(figures[name] for name in terms))


def test_plans_are_trained_too(given):
    told = given(
        updates=1, env_id="hopgym/DagSearch-v0", env_set=(), reward="", eval_questions=""
    )  # fmt: skip
    trained = train(told)
    assert [mark.step for mark in trained.marks] == [0, 1]


def test_chats_are_trained_as_they_are_played(given):
    train(told := given(updates=1, prompt="chat", eval_questions=""))
    options = json.loads((out(told) / "hopgym.json").read_text())["options"]
    assert options == {"prompt": "chat", "temperature": 0.0, "max_new_tokens": 8}
    assert make_agent(out(told)).prompts.style == "chat"


@pytest.mark.parametrize("merge", [False, True])
def test_the_folder_is_an_agent(given, merge):
    before = generators()
    train(told := given(updates=2, merge=merge, **LORA))
    assert generators() == before
    names = {file.name for file in out(told).iterdir()}
    assert ("adapter_config.json" in names) != merge and ("model.safetensors" in names) == merge
    agent = make_agent(out(told))
    kwargs = {"questions": WORLD, "max_steps": 1, "split": "train"}
    (episode,) = rollout("hopgym/SearchRead-v0", agent, [Job(QUESTION)], env_kwargs=kwargs)
    assert episode.error is None and agent.name == "out"


def test_two_runs_alike_are_equal_and_another_seed_is_not(given):
    runs = [given(name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    for told in runs:
        train(told)
    a, b, c = (weights(out(told)) for told in runs)
    assert alike(a, b) and not alike(a, c)


def test_nothing_is_begun_where_questions_are_shared(given):
    told = given(eval_questions="", eval_split="train")
    with pytest.raises(DataError, match="5 of 5 questions"):
        train(told)
    assert not out(told).exists()


def test_keywords_that_have_flags_of_their_own_are_refused(given):
    with pytest.raises(
        ConfigError, match="'questions' cannot be set by --env_set: use --questions"
    ):
        train(given(env_set=("questions=world",)))


def test_a_mistake_is_told_before_anything_is_written(given):
    told = given(reward="r3_papr")
    with pytest.raises(UnknownNameError, match=r"r3_papr.*Did you mean 'r3_paper'"):
        train(told)
    assert not out(told).exists()


def test_the_best_so_far_plays_while_training_goes_on(given, monkeypatch):
    told = given(eval_questions="")
    interrupted(monkeypatch, told, 1)
    agent = make_agent(str(out(told) / "best"))
    jobs = [Job(QUESTION)]
    (episode,) = rollout("hopgym/SearchRead-v0", agent, jobs, env_kwargs={"questions": WORLD})
    assert episode.error is None


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
def test_facts_can_be_selected_too(given, mode):
    told = given(
        env_id="hopgym/KGSubgraph-v0",
        env_set=("observation=text", f"mode={mode}", "max_steps=2", "top_k=4"),
        reward="",
        questions=WORLD,
        prompt="chat",
        instructions=False,
        updates=2,
        eval_questions="",
    )
    trained = train(told)
    assert trained.updates == 2
    assert {"em", "fact_f1", "format_adherence"} <= trained.marks[-1].metrics.keys()
    assert len(lines(out(told) / "journal.jsonl")) == 2
