import json
from dataclasses import replace

import pytest
from drag_runs import (
    WORLD,
    generators,
    joint_settings,
    left,
    same,
    settings,
    weights,
    workplace,
    world_cases,
)
from kg_playing import Lazy, play_kg
from rich.console import Console
from slow_but import slow_but
from subgraphs import AWKWARD, CHAIN, facts, question

torch = pytest.importorskip("torch")

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.drag.parts import Parts, load_parts  # noqa: E402
from hopgym.agents.drag.phase import OPTIMIZER  # noqa: E402
from hopgym.agents.drag.train import Run, parted, train  # noqa: E402
from hopgym.agents.training.display import Display  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.envs.kg import supervise  # noqa: E402
from hopgym.errors import ConfigError, DataError  # noqa: E402
from hopgym.files import write_jsonl  # noqa: E402

LEARNABLE = WORLD.replace("train=24", "train=80")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("place"))


def out(folder, name, **changes):
    return settings(folder, checkpoint_dir=str(folder / name), **changes)


def test_phase_1_learns_on_the_world_and_leaves_a_folder_that_plays(tmp_path):
    before = generators()
    with Display(Console(quiet=True)) as display:
        told = train(settings(tmp_path, questions=LEARNABLE, epochs=5), display)
    assert generators() == before
    first, last = told.marks[0].metrics, told.best.metrics
    assert last["fact_recall"] > 0.8 and last["fact_recall"] > first["fact_recall"] + 0.3
    assert last["fact_f1"] > first["fact_f1"] + 0.2 and told.metric == "fact_f1"
    assert (told.folder, told.epochs, told.left_out) == (tmp_path / "one", 5, 0)
    assert [mark.step for mark in told.marks] == [0, 1, 2, 3, 4, 5]
    episodes = play_kg(told.folder, LEARNABLE, split="dev", top_k=24)
    mean = sum(each.metrics["fact_f1"] for each in episodes) / len(episodes)
    assert mean == pytest.approx(last["fact_f1"])
    made = json.loads((told.folder / "hopgym.json").read_text())["made"]
    assert (
        made["best"]["step"] == made["epochs_made"] == told.best.step and made["hidden_dim"] == 16
    )
    assert [path.name for path in (told.folder / "checkpoints").iterdir()] == ["checkpoint-5"]
    assert not list(told.folder.glob("best*"))


def test_phase_2_learns_and_its_folder_reads_and_plays(place, tmp_path):
    given = joint_settings(place, checkpoint_dir=str(tmp_path / "two"), epochs=3, generator_lr=1e-2)
    before = generators()
    told = train(given)
    assert generators() == before and told.metric == "f1_one_to_one"
    lines = list(map(json.loads, (tmp_path / "two" / "journal.jsonl").read_text().splitlines()))
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines[-1]["generation"] < 0.9 * lines[0]["generation"]
    assert lines[0].keys() >= {"loss", "retrieval", "lambda", "drawn"}
    parts = load_parts(tmp_path / "two", "cpu")
    assert parts.generator is not None and parts.projector is not None
    assert make_agent(tmp_path / "two").name == "two"


WAYS = {
    "phase 1": {},
    "whole": {"phase": 2},
    "adapter": {"phase": 2, "lora_r": 4, "estimator": "st+rloo", "samples": 2},
    "gradnorm": {"phase": 2, "ret_weighting": "gradnorm", "lora_r": 4},
    "dynamic": {"phase": 2, "cascade": "dynamic", "lora_r": 2},
    "static": {"phase": 2, "cascade": "static", "lora_r": 2},
}


def of(place, changes, folder):
    given = joint_settings if changes.get("phase") == 2 else settings
    more = {"epochs": 3, "limit": 8, "batch_size": 4, "eval_episodes": 4, "resume": True}
    return given(place, **{**more, **changes, "checkpoint_dir": str(folder)})


@pytest.mark.parametrize("way", slow_but("gradnorm", WAYS))
def test_a_killed_run_goes_on_as_the_run_that_was_not(place, tmp_path, monkeypatch, way):
    whole, parts = (of(place, WAYS[way], tmp_path / name) for name in ("whole", "parts"))
    train(whole)
    examine = Run._examine

    def killed(run, epoch):
        examine(run, epoch)
        if epoch == 2:
            raise KeyboardInterrupt  # its best is written, and its checkpoint not yet

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_examine", killed)
        with pytest.raises(KeyboardInterrupt):
            train(parts)
    assert not (tmp_path / "parts" / "retriever.safetensors").exists()
    train(parts)
    (one, lines), (other, others) = (left(tmp_path / name) for name in ("parts", "whole"))
    assert same(one, other) and lines == others
    kept = [
        weights(tmp_path / name / "checkpoints" / "checkpoint-3") for name in ("parts", "whole")
    ]
    assert same(*kept) and kept[0].keys() == one.keys()
    file = tmp_path / "parts" / "checkpoints" / "checkpoint-3" / OPTIMIZER
    assert torch.load(file, weights_only=True).keys() == {"optimizer", "scheduler", "memory"}


def test_a_seed_makes_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(out(tmp_path, name, seed=seed, epochs=1))
    files = [(tmp_path / name / "retriever.safetensors").read_bytes() for name in "abc"]
    assert files[0] == files[1] != files[2]
    for name in ("marks.jsonl", "journal.jsonl", "drag.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def scored(monkeypatch, *scores):
    """Examine without looking: the scores are given."""
    left_over = list(scores)
    monkeypatch.setattr(
        "hopgym.agents.drag.judging.judge",
        lambda parts, cases: {"fact_f1": left_over.pop(0)},
    )
    return left_over


def test_the_best_epoch_is_what_is_left(tmp_path, monkeypatch):
    scored(monkeypatch, 0.1, 0.9, 0.2, 0.3)
    kept, save = {}, Run._save

    def saved(run, epoch):
        save(run, epoch)
        kept[epoch] = weights(run.folder.checkpoint(epoch))

    monkeypatch.setattr(Run, "_save", saved)
    told = train(settings(tmp_path, epochs=3))
    assert (told.best.step, told.epochs) == (1, 3)
    assert same(weights(told.folder), kept[1]) and not same(kept[1], kept[3])
    made = json.loads((told.folder / "hopgym.json").read_text())["made"]
    assert made["best"]["score"] == 0.9 and made["epochs_made"] == 1


def test_it_stops_where_it_gets_no_better_and_may_be_told_to_go_on(tmp_path, monkeypatch):
    left_over = scored(monkeypatch, 0.1, 0.5, 0.4, 0.5, 0.2, 0.3, 0.9, 0.1)
    told = train(settings(tmp_path, epochs=7, patience=2))
    assert (told.epochs, told.best.step, len(left_over)) == (3, 3, 4)
    again = train(settings(tmp_path, epochs=7, patience=0, resume=True))
    assert (again.epochs, again.best.step, left_over) == (7, 6, [])
    assert json.loads((tmp_path / "one" / "hopgym.json").read_text())["made"]["best"]["step"] == 6


def test_a_write_that_was_cut_short_leaves_the_best_before_it(tmp_path, monkeypatch):
    save, scores = Parts.save, scored(monkeypatch, 0.1, 0.5, 0.9, 0.9, 0.95)

    def cut(parts, folder, made):
        if made.get("epochs_made") == 2:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "retriever.safetensors").write_bytes(b"half")
            raise KeyboardInterrupt
        save(parts, folder, made)

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "save", cut)
        with pytest.raises(KeyboardInterrupt):
            train(settings(tmp_path, epochs=3))
    best = load_parts(tmp_path / "one" / "best", "cpu")
    assert best.retrieve(world_cases()) and make_agent(tmp_path / "one" / "best").name == "best"
    told = train(settings(tmp_path, epochs=3, resume=True))
    assert (told.epochs, told.best.step, scores) == (3, 3, [])
    assert not list((tmp_path / "one").glob("best*"))


def test_an_earlier_run_is_kept_and_other_conditions_are_refused(place):
    with pytest.raises(
        ConfigError, match=r"one holds an earlier run\. .* another --checkpoint_dir"
    ):
        train(settings(place))
    with pytest.raises(ConfigError, match=r"other conditions \(lr: 0.01, not 0.5\)"):
        train(settings(place, resume=True, lr=0.5))
    with pytest.raises(ConfigError, match=r"other conditions \(questions: .*question_set: "):
        train(settings(place, resume=True, questions=WORLD.replace("200", "201")))
    before = left(place / "one")
    told = train(settings(place, resume=True, use_tensorboard=False, device="auto"))
    assert told.epochs == 2 and left(place / "one")[1] == before[1]


def test_without_held_out_questions_the_last_is_left(tmp_path):
    told = train(settings(tmp_path, eval_questions="none", epochs=1))
    assert told.best is None and told.marks == [] and told.metric == "fact_f1"
    assert same(weights(told.folder), weights(told.folder / "checkpoints" / "checkpoint-1"))
    made = json.loads((told.folder / "hopgym.json").read_text())["made"]
    assert made["best"] is None and made["epochs_made"] == 1
    with pytest.raises(
        ConfigError, match="patience looks at held-out questions, and there are non"
    ):
        train(settings(tmp_path, eval_questions="none", checkpoint_dir="x", patience=1))


def heuristics(folder, split="train", questions=WORLD):
    """A file as `hopgym kg heuristics` writes it."""
    file = folder / f"{split}.jsonl"
    write_jsonl(file, [supervise(each)[0] for each in make_questions(questions).questions(split)])
    return str(file)


def test_a_file_of_heuristics_is_trained_on_and_a_share_of_it_held_out(tmp_path):
    file = heuristics(tmp_path)
    run = Run(out(tmp_path, "a", heuristics_path=file, eval_share=0.25), Display())
    assert (len(run.cases), len(run.examined)) == (18, 6)
    ids = [{case.question.id for case in cases} for cases in (run.cases, run.examined)]
    assert not ids[0] & ids[1] and len(ids[0] | ids[1]) == 24
    file = heuristics(tmp_path, questions=LEARNABLE)
    told = train(out(tmp_path, "b", heuristics_path=file, eval_share=0.25, epochs=4))
    assert told.best.metrics["fact_f1"] > told.marks[0].metrics["fact_f1"]
    assert train(out(tmp_path, "c", heuristics_path=file, eval_share=0.0, epochs=1)).best is None


def test_another_file_is_held_out_whatever_its_split_is_called(tmp_path):
    given = {"heuristics_path": heuristics(tmp_path), "epochs": 1}
    other = heuristics(tmp_path, "dev")
    for name, spec in (("a", other), ("b", f"{other}?split=dev")):
        run = Run(out(tmp_path, name, **given, eval_questions=spec), Display())
        assert (len(run.cases), len(run.examined)) == (24, 12)
        assert run.train().best is not None
    with pytest.raises(DataError, match="24 of 24 questions of train train also stand in train"):
        train(out(tmp_path, "c", **given, eval_questions=given["heuristics_path"]))


def test_a_split_that_was_named_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="no split 'devv'"):
        train(settings(tmp_path, eval_split="devv"))
    with pytest.raises(ConfigError, match="no split 'test'"):
        train(settings(tmp_path, heuristics_path=heuristics(tmp_path), eval_split="test"))
    with pytest.raises(ConfigError, match="no split 'tran'"):
        train(settings(tmp_path, split="tran"))
    assert not (tmp_path / "one").exists()


def test_questions_held_out_are_not_trained_on(tmp_path):
    with pytest.raises(DataError, match=r"also stand in .* Give another --eval_split"):
        train(settings(tmp_path, eval_split="train"))


def test_a_share_is_parted_without_making_any_graph():
    lazy = Lazy([*AWKWARD])
    trained, held = parted(lazy.questions("train"), 0.3)
    assert lazy.completed == [] and len(held) == 4
    both = [*(each.id for each in trained), *(each.id for each in held)]
    left_out = [each for each in AWKWARD if each.id not in both]
    assert len(both) == len(set(both)) == len(AWKWARD) - len(left_out)
    texts = {each.text for each in held}
    assert left_out and all(each.text in texts for each in left_out)  # asked in the same words
    whole = {each.id: each for each in AWKWARD}
    assert all(whole[each.id] == each for each in [*trained, *held])
    assert [len(part) for part in parted(AWKWARD, 0.0)] == [len(AWKWARD), 0]


def test_a_share_is_parted_by_what_is_asked():
    asked = [replace(AWKWARD[0], id=str(n), text=f"Question {n}?") for n in range(6)]
    trained, held = parted(asked, 0.5)
    assert (len(trained), len(held)) == (0, 3)  # all have the same gold facts


def file_of(folder, *questions):
    records = []
    for each in questions:
        triples = [[fact.head, fact.relation, fact.tail] for fact in each.facts]
        labels = [int(n in each.gold_facts) for n in range(len(triples))]
        records.append(
            {"id": each.id, "question": each.text, "triples": triples, "paths": [],
             "labels": labels, "answer": list(each.answers), "q_entity": list(each.topic_entities)}
        )  # fmt: skip
    write_jsonl(folder / "own.jsonl", records)
    return str(folder / "own.jsonl")


def test_questions_that_teach_nothing_are_left_out_and_all_of_them_refused(tmp_path):
    dull = question("dull", facts("a r b"), "z", "c", text="Who?")
    given = {"epochs": 1, "eval_questions": "none"}
    told = train(out(tmp_path, "a", heuristics_path=file_of(tmp_path, CHAIN, dull), **given))
    assert told.left_out == 1
    with pytest.raises(ConfigError, match="None of the 1 questions has a gold fact among those of"):
        train(out(tmp_path, "b", heuristics_path=file_of(tmp_path, dull), **given))
    assert not (tmp_path / "b").exists()


def test_where_no_gold_facts_are_known_the_answers_recall_is_what_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("hopgym.agents.drag.judging.judge", lambda p, c: {"answer_recall": 0.5})
    told = train(settings(tmp_path, epochs=1))
    assert told.metric == "answer_recall" and told.best.score == 0.5


def test_what_phase_2_cannot_begin_with_is_told_before_anything_is_made(place, tmp_path):
    given = joint_settings(place, checkpoint_dir=str(tmp_path / "two"))
    with pytest.raises(ConfigError, match="holds no D-RAG"):
        train(replace(given, phase1_checkpoint=str(tmp_path)))
    with pytest.raises(ConfigError, match=r"hidden_dim is 32, and the retriever of .*with 16"):
        train(replace(given, hidden_dim=32))
    assert not (tmp_path / "two").exists()
    with pytest.raises(ConfigError, match="gone"):
        train(replace(given, generator_model=str(tmp_path / "gone")))
    assert train(given).epochs == 2  # nothing of it stands in the way


def test_phase_2_may_begin_where_phase_2_ended(place, tmp_path):
    first = joint_settings(place, checkpoint_dir=str(tmp_path / "a"), epochs=1, limit=4)
    train(first)
    more = {
        "phase1_checkpoint": str(tmp_path / "a"),
        "generator_model": str(tmp_path / "a" / "generator"),
        "checkpoint_dir": str(tmp_path / "b"),
        "cascade": "dynamic",
    }
    told = train(replace(first, **more))
    assert not load_parts(told.folder, "cpu").shape.vectors


def said(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.strip()]


def test_every_epoch_is_told_with_its_loss_and_what_is_held_out(tmp_path, capsys):
    file = heuristics(tmp_path)
    train(out(tmp_path, "a", heuristics_path=file, eval_share=0.25, epochs=2))
    first, *epochs = said(capsys)
    assert first == "Held out: 6 of 24 questions of train train."
    assert [line.partition("  ")[0] for line in epochs] == ["epoch 0", "epoch 1", "epoch 2"]
    assert "loss" not in epochs[0] and epochs[1].startswith("epoch 1  loss 0.")
    train(out(tmp_path, "b", heuristics_path=file, eval_share=0.01, epochs=2))
    first, *epochs = said(capsys)
    assert first == "No questions were held out: the last epoch is what is left."
    assert [line[:14] for line in epochs] == ["epoch 1  loss ", "epoch 2  loss "]
    train(settings(tmp_path, epochs=1))
    assert said(capsys)[0].startswith("Held out: 12 questions of world")


def test_a_file_without_graphs_is_not_told_to_give_a_file(tmp_path):
    file = tmp_path / "plain.jsonl"
    write_jsonl(file, [{"id": str(n), "question": f"Who {n}?", "answer": "Ada"} for n in range(9)])
    with pytest.raises(ConfigError, match=r"of plain have no graphs: (?!.*--heuristics_path)"):
        train(out(tmp_path, "a", heuristics_path=str(file)))


def test_a_split_to_hold_out_that_is_not_there_is_told_with_the_ways_out(tmp_path):
    with pytest.raises(ConfigError, match=r"to hold out; it has: .* or --eval_questions none"):
        train(settings(tmp_path, eval_split="devv"))
