import json
from dataclasses import replace

import pytest
from sft_runs import generators, settings, workplace
from toy import toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.rollout import Job, rollout
from hopgym.agents.sft import train as train_module
from hopgym.agents.sft.train import make_examination, train
from hopgym.agents.training.examination import Examination
from hopgym.agents.training.listeners import Listener
from hopgym.errors import ConfigError, DataError

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
torch.set_num_threads(1)

WORLD = "world?entities=300&train=4&dev=3&test=0&hops=1"


@pytest.fixture
def place(tmp_path):
    return workplace(tmp_path)


def weights(folder):
    from safetensors.torch import load_file

    (file,) = folder.glob("*.safetensors")
    return load_file(file)


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def history(run):
    last = max((run / "checkpoints").glob("checkpoint-*"), key=lambda f: int(f.name[11:]))
    return json.loads((last / "trainer_state.json").read_text())["log_history"]


LORA = {
    "lora_r": 8, "lora_target_modules": "all-linear", "lr": 2e-2, "gradient_checkpointing": True
}  # fmt: skip


@pytest.mark.parametrize("changes", [{}, LORA])
def test_one_epoch_lowers_the_loss_and_the_folder_plays(place, changes):
    before = generators()
    told = train(settings(place, batch_size=1, gradient_accumulation_steps=1, **changes))
    assert (told.sequences, told.steps, told.best, told.stopped_early) == (16, 16, None, False)
    losses = [entry["loss"] for entry in history(place / "out") if "loss" in entry]
    assert len(losses) == 16 and losses[-1] == told.loss
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])
    assert generators() == before

    agent = make_agent(place / "out")
    (episode,) = rollout(
        "hopgym/SearchRead-v0", agent, [Job("q1")], env_kwargs=toy_kwargs(max_steps=1)
    )
    assert episode.error is None and agent.name == "out"
    said = json.loads((place / "out" / "hopgym.json").read_text())
    assert said["kind"] == "llm" and said["made"]["steps"] == 16
    assert said["options"] == {"prompt": "plain", "temperature": 0.0, "max_new_tokens": 24}


def test_two_runs_alike_are_equal_and_another_seed_is_not(place):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(settings(place, lora_r=4, output_dir=str(place / name), seed=seed))
    a, b, c = (weights(place / name) for name in "abc")
    assert same(a, b) and not same(a, c)


class Stops(Listener):
    """Ends a run as Ctrl-C would, at a step."""

    def __init__(self, step):
        self.step = step

    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("changes", [{}, {"lora_r": 4, "lora_dropout": 0.5}])
def test_a_resumed_run_equals_one_that_was_not_interrupted(place, changes, monkeypatch):
    given = settings(place, epochs=2, save_steps=3, **changes)
    train(replace(given, output_dir=str(place / "whole")))
    with monkeypatch.context() as patched:
        made = train_module.make_trainer

        def stopping(*arguments):
            trainer = made(*arguments)
            trainer.add_callback(Stops(5))
            return trainer

        patched.setattr(train_module, "make_trainer", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(given)
    assert not list((place / "out").glob("*.safetensors"))
    told = train(replace(given, resume=True))
    assert told.steps == 8
    assert same(weights(place / "whole"), weights(place / "out"))
    with pytest.raises(ConfigError, match="holds an earlier run"):
        train(given)
    with pytest.raises(ConfigError, match=r"other conditions \(lr: "):
        train(replace(given, resume=True, lr=0.5))


def examined(monkeypatch, *scores):
    """Play without playing: the scores are given."""
    left = list(scores)
    monkeypatch.setattr(Examination, "play", lambda self, model, tokenizer: {"em": left.pop(0)})
    return left


def test_the_model_that_played_best_is_left(place, monkeypatch):
    examined(monkeypatch, 0.1, 0.6, 0.3, 0.2)
    told = train(settings(place, eval_questions=WORLD, eval_steps=1, save_total_limit=9))
    assert (told.best.step, told.best.score, told.stopped_early) == (2, 0.6, False)
    assert same(weights(place / "out"), weights(place / "out" / "checkpoints" / "checkpoint-2"))
    assert not (place / "out" / "best").exists()
    marks = [json.loads(line) for line in (place / "out" / "marks.jsonl").open()]
    assert [(mark["step"], mark["score"]) for mark in marks] == [
        (1, 0.1), (2, 0.6), (3, 0.3), (4, 0.2)
    ]  # fmt: skip
    made = json.loads((place / "out" / "hopgym.json").read_text())["made"]
    assert made["best"]["step"] == 2


def test_it_stops_when_it_plays_no_better(place, monkeypatch):
    left = examined(monkeypatch, 0.1, 0.5, *[0.4] * 30)
    told = train(
        settings(place, eval_questions=WORLD, eval_steps=1, patience=2, epochs=4, lora_r=2)
    )
    assert told.stopped_early and told.best.step == 2
    assert told.steps == 4  # one epoch at least
    assert len(left) == 28


def killed_at_the_end(monkeypatch, given):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(train_module, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            train(given)


@pytest.mark.parametrize("changes", [{}, {"lora_r": 4}])
def test_a_run_that_was_killed_after_its_last_step_makes_no_more(place, changes, monkeypatch):
    given = settings(place, max_steps=3, save_steps=1, **changes)
    whole = train(replace(given, output_dir=str(place / "whole")))
    killed_at_the_end(monkeypatch, given)
    told = train(replace(given, resume=True))
    assert told.steps == 3 and told.loss == whole.loss
    assert same(weights(place / "whole"), weights(place / "out"))
    assert history(place / "out") == history(place / "whole")


def test_nor_does_one_that_played_no_better(place, monkeypatch):
    given = settings(place, eval_questions=WORLD, eval_steps=1, patience=2, epochs=4, lora_r=2)
    left = examined(monkeypatch, 0.1, 0.5, *[0.4] * 30)
    killed_at_the_end(monkeypatch, given)
    told = train(replace(given, resume=True))
    assert told.stopped_early and (told.steps, told.best.step, len(left)) == (4, 2, 28)


def test_a_resumed_run_is_examined_as_if_it_had_gone_through(place, monkeypatch):
    given = settings(place, eval_questions=WORLD, eval_steps=1, lora_r=2, save_total_limit=9)
    with monkeypatch.context() as patched:
        examined(patched, 0.1, 0.9)
        with pytest.raises(IndexError):  # the third examination kills the run
            train(given)
    examined(monkeypatch, 0.3, 0.2)
    told = train(replace(given, resume=True))
    assert (told.steps, told.best.step, told.best.score) == (4, 2, 0.9)
    lines = (place / "out" / "marks.jsonl").read_text().splitlines()
    assert [json.loads(line)["score"] for line in lines] == [0.1, 0.9, 0.3, 0.2]
    assert same(weights(place / "out"), weights(place / "out" / "checkpoints" / "checkpoint-2"))


def test_it_really_plays_while_it_trains(place):
    told = train(
        settings(place, eval_questions=WORLD, eval_steps=2, eval_episodes=2, max_new_tokens=8)
    )
    assert told.best.metrics.keys() >= {"em", "f1", "format_adherence"}


def test_an_adapter_may_be_merged(place):
    train(settings(place, lora_r=4, merge=True))
    files = {file.name for file in (place / "out").iterdir()}
    assert "model.safetensors" in files and "adapter_config.json" not in files
    assert make_agent(place / "out").generator.tokenizer is not None


def test_chats_are_trained_as_they_are_played(place):
    train(settings(place, prompt="chat_whole", unit="step", lora_r=2))
    options = json.loads((place / "out" / "hopgym.json").read_text())["options"]
    assert options["prompt"] == "chat_whole"
    assert make_agent(place / "out").prompts.style == "chat_whole"


def test_questions_that_are_played_are_not_trained_on(place, tmp_path):
    questions = tmp_path / "dev.jsonl"
    questions.write_text(json.dumps({"id": "x", "question": "Where is vel 0?", "answer": "orm"}))
    given = settings(place, eval_questions=f"{questions}?split=dev")
    with pytest.raises(DataError, match="1 of 1 questions of dev dev also stand in the data"):
        train(given)
    assert not (place / "out").exists()


def test_what_is_played_is_looked_up_first(place):
    with pytest.raises(ConfigError, match="has no split 'nope'"):
        make_examination(settings(place, eval_questions=WORLD, eval_split="nope"))
    given = settings(
        place, eval_questions=WORLD, eval_set=("top_k=1",), eval_episodes=2, prompt="chat"
    )
    examination = make_examination(given)
    assert examination.env_kwargs == {"top_k": 1} and len(examination.jobs()) == 2
    assert examination.prompts.style == "chat"
    assert make_examination(settings(place)) is None


def test_a_trained_model_is_pushed_when_asked(place, monkeypatch):
    import huggingface_hub

    calls = []

    class Api:
        def create_repo(self, name, **options):
            calls.append((name, options))

        def upload_folder(self, **options):
            calls.append(options)

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    train(settings(place, push_to_hub=True, hub_model_id="me/mine", hub_private=True, lora_r=2))
    assert calls[0] == ("me/mine", {"private": True, "exist_ok": True})
    assert calls[1]["repo_id"] == "me/mine" and "checkpoints/*" in calls[1]["ignore_patterns"]
