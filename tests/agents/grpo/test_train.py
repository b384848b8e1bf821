import json
from pathlib import Path

import pytest
from grpo_runs import BY_LENGTH, DAG, SEARCH_READ, Writer, settings, workplace, writes
from ppo_runs import BROKEN, LORA, alike, lines, weights
from sft_runs import generators
from slow_but import slow_but
from tiny_llms import needs_llms

needs_llms()
torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytest.importorskip("peft")

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.grpo.listeners import Steps  # noqa: E402
from hopgym.agents.grpo.train import Run, train  # noqa: E402
from hopgym.agents.rollout import Job, rollout  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.errors import AgentError, ConfigError, DataError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("base")) / "base"


@pytest.fixture
def given(base, tmp_path):
    """Return the settings of a run in a folder of its own."""
    return lambda name="out", **changes: settings(
        tmp_path, **{"model_name": str(base), "output_dir": str(tmp_path / name), **changes}
    )


def interrupted(monkeypatch, told, step):
    """Train, and stop as by Ctrl-C when a step begins."""

    def stopping(self, args, state, control, **kwargs):
        if state.global_step == step:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Steps, "on_step_begin", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(told)


def resumed(told):
    return settings(Path(told.output_dir).parent, **{**vars(told), "resume": True})


RANDOM = {"env_id": SEARCH_READ, "env_set": ("max_steps=1", "top_k=1"), "reward": BY_LENGTH}
"""Played by the random model itself, with a reward that tells its episodes apart."""

CASES = {
    "whole": {},
    "lora": {**LORA, "lora_dropout": 0.1, "beta": 0.05},
    "two-steps-a-generation": {"steps_per_generation": 4, "save_every": 2, "eval_every": 2,
                               "max_steps": 4},
    "two-generations-a-step": {"gradient_accumulation_steps": 4, "steps_per_generation": 2},
}  # fmt: skip


@pytest.mark.parametrize("case", slow_but("lora", CASES))
def test_a_resumed_run_equals_one_that_was_not_stopped(case, given, monkeypatch):
    changes = {**RANDOM, "mask_overlong": False, **CASES[case]}
    whole, stopped = given("whole", **changes), given("stopped", **changes)
    before = generators()
    train(whole)
    assert generators() == before
    interrupted(monkeypatch, stopped, 2)
    assert not (Path(stopped.output_dir) / "hopgym.json").exists()
    train(resumed(stopped))
    one, two = (Path(told.output_dir) for told in (whole, stopped))
    assert alike(weights(one), weights(two))
    timed = {"step_time"}
    told = [
        [
            {n: v for n, v in line.items() if n not in timed}
            for line in lines(folder / "journal.jsonl")
        ]
        for folder in (one, two)
    ]
    assert told[0] == told[1] and len(told[0]) == whole.max_steps
    start = torch.load(one / "checkpoints" / f"checkpoint-{whole.max_steps}" / "optimizer.pt",
                       weights_only=True)  # fmt: skip
    assert start["state"]


@pytest.mark.parametrize("changes", [{}, LORA])
def test_a_run_that_was_killed_after_its_last_step_makes_no_more(given, changes, monkeypatch):
    def killed(self):
        raise KeyboardInterrupt

    asked = {**RANDOM, "max_steps": 2, "mask_overlong": False, **changes}
    whole, stopped = given("whole", **asked), given("stopped", **asked)
    train(whole)
    with monkeypatch.context() as patched:
        patched.setattr(Run, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            train(stopped)
    assert train(resumed(stopped)).steps == 2
    one, two = (Path(told.output_dir) for told in (whole, stopped))
    assert alike(weights(one), weights(two))
    assert len(lines(two / "journal.jsonl")) == 2
    assert not (two / "checkpoints" / "checkpoint-3").exists()


def test_training_moves_the_weights_towards_what_is_paid(given):
    told = given(
        **RANDOM, mask_overlong=False, max_steps=12, num_generations=4, lr=5e-3, save_every=12
    )
    train(told)
    paid = [line["reward"] for line in lines(Path(told.output_dir) / "journal.jsonl")]
    assert sum(paid[-3:]) > sum(paid[:3])


@pytest.mark.slow
def test_the_curriculum_switches_at_its_step_with_accumulation_and_after_a_resume(
    given, monkeypatch
):
    writes(monkeypatch, Writer(rubbish=0))
    changes = {"env_id": DAG, "env_set": ("top_k=1",), "curriculum_steps": 3, "max_steps": 5,
               "batch_size": 1, "gradient_accumulation_steps": 4}  # fmt: skip
    for name, stop in (("whole", None), ("before", 2), ("after", 4)):
        told = given(name, **changes)
        if stop is not None:
            interrupted(monkeypatch, told, stop)
            told = resumed(told)
        train(told)
        journal = lines(Path(told.output_dir) / "journal.jsonl")
        # Steps 1 to 3 are global steps 0 to 2: the first three, as the trainer counts them.
        assert [line["reward/format"] for line in journal] == pytest.approx(
            [0.4, 0.4, 0.4, 0.25, 0.25]
        )
        assert [line["weight/format"] for line in journal] == pytest.approx(
            [0.4, 0.4, 0.4, 0.25, 0.25]
        )
        assert [line["step"] for line in journal] == [1, 2, 3, 4, 5]


def test_what_is_left_plays_as_an_agent_by_its_path(given, base):
    told = given(**RANDOM, eval_questions="", eval_metric="f1")
    trained = train(told)
    folder = Path(told.output_dir)
    assert trained.folder == folder and trained.steps == 3 and trained.best is not None
    assert [line["step"] for line in lines(folder / "marks.jsonl")] == [0, 1, 2, 3]
    said = json.loads((folder / "hopgym.json").read_text())
    assert said["kind"] == "llm" and said["options"]["prompt"] == "plain"
    question = make_questions(told.data_path).questions("dev")[0].id
    kwargs = {"questions": told.data_path, "split": "dev", "max_steps": 1, "top_k": 1}
    (episode,) = rollout(SEARCH_READ, make_agent(folder), [Job(question)], env_kwargs=kwargs)
    assert episode.error is None and "f1" in episode.metrics


def test_an_adapter_is_left_or_merged(given):
    train(given("adapter", **RANDOM, **LORA))
    train(given("merged", **RANDOM, **LORA, merge=True))
    adapter, merged = (Path(given(name).output_dir) for name in ("adapter", "merged"))
    assert (adapter / "adapter_model.safetensors").is_file()
    assert (merged / "model.safetensors").is_file()
    assert not (merged / "adapter_model.safetensors").exists()


def test_the_guard_stops_a_run_and_says_why(given):
    bounds = ("warmup=0", "window=2", "patience=2", "most_cut=0.1")
    trained = train(given(**RANDOM, max_steps=6, guard_set=bounds))
    assert trained.steps == 2 and "turns run on until they are cut" in trained.alarm.reason


@pytest.mark.slow
def test_what_the_guard_stopped_stays_stopped_until_its_bounds_are_others(given):
    bounds = ("warmup=0", "window=2", "patience=2", "most_cut=0.1")
    told = given(**RANDOM, max_steps=4, guard_set=bounds)
    first = train(told)
    trained = weights(Path(told.output_dir))
    again = train(given(**RANDOM, max_steps=4, guard_set=bounds, resume=True))
    assert again.alarm.reason == first.alarm.reason and again.steps == first.steps == 2
    assert alike(weights(Path(told.output_dir)), trained)
    freed = train(given(**RANDOM, max_steps=4, guard_set=("most_cut=inf",), resume=True))
    assert freed.alarm is None and freed.steps == 4


@pytest.mark.slow
def test_a_finished_run_is_prolonged_as_if_it_had_been_longer(given):
    steady = {**RANDOM, "mask_overlong": False, "lr_scheduler": "constant"}
    train(given("long", **steady, max_steps=4))
    train(given("short", **steady, max_steps=2))
    train(given("short", **steady, max_steps=4, resume=True))
    one, two = (Path(given(name).output_dir) for name in ("long", "short"))
    assert alike(weights(one), weights(two))
    assert len(lines(two / "journal.jsonl")) == 4


def test_where_nothing_can_be_played_there_is_an_error_and_no_model(given, tmp_path):
    told = given(**{**RANDOM, "retriever": BROKEN}, eval_questions="none")
    with pytest.raises(AgentError, match=r"No episode.*could be (played|scored)"):
        writing = Writer(grammar="r3", rubbish=0)
        with pytest.MonkeyPatch.context() as patched:
            writes(patched, writing)
            train(told)
    assert not (tmp_path / "out" / "hopgym.json").exists()


def test_what_does_not_fit_is_refused_before_anything_is_written(given, tmp_path, base):
    adapter = given("adapter", **RANDOM, **LORA, max_steps=1)
    train(adapter)
    cases = [
        (ConfigError, "is an adapter, and beta > 0", {"model_name": adapter.output_dir, "beta": 0.1}),
        (ConfigError, "in this model has not|this model has not", {"lora_r": 2, "lora_target_modules": "nope"}),
        (DataError, "also stand in", {"eval_questions": "", "eval_split": "train"}),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="plays in the grammar r3 alone, and hopgym/DagSearch-v0"):
        train(given("new", model_name="tiny"))
    for kind, message, changes in cases:
        with pytest.raises(kind, match=message):
            train(given("new", **{**RANDOM, **changes}))
        assert not (tmp_path / "new").exists()
    with pytest.raises(ConfigError, match="holds an earlier run"):
        train(given("adapter", **RANDOM, **LORA, max_steps=1))
    with pytest.raises(ConfigError, match=r"other conditions \(lr: 0.01, not 0.5\)"):
        train(given("adapter", **{**RANDOM, **LORA, "max_steps": 1, "lr": 0.5, "resume": True}))


def test_a_set_without_held_out_questions_says_so(given, tmp_path, capsys, monkeypatch):
    (tmp_path / "q.json").write_text('[{"id": "1", "question": "Who?", "answer": "Ada"}]')
    writes(monkeypatch, Writer(rubbish=2))
    train(given(data_path=str(tmp_path / "q.json"), eval_questions="", retriever="empty"))
    assert "has no split 'dev', so nothing is played" in " ".join(capsys.readouterr().err.split())
