import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rag_runs import left, same, settings, weights
from rich.console import Console
from slow_but import slow_but
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.rag.learner import Learner  # noqa: E402
from hopgym.agents.rag.saving import load_rag, retriever_spec  # noqa: E402
from hopgym.agents.rag.train import Run, train  # noqa: E402
from hopgym.agents.training.display import Display  # noqa: E402
from hopgym.errors import AgentError, ConfigError, DataError  # noqa: E402
from hopgym.retrieval import make_retriever  # noqa: E402

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of twelve epochs, long enough to learn something by heart."""
    folder = tmp_path_factory.mktemp("rag")
    state = torch.get_rng_state()
    with Display(Console(quiet=True)) as display:
        told = train(settings(folder, num_epochs=12, logging_steps=6), display)
    assert torch.equal(torch.get_rng_state(), state)
    return told


def lines(folder):
    return list(map(json.loads, (folder / "journal.jsonl").read_text().splitlines()))


@pytest.mark.slow
def test_it_learns_and_leaves_a_folder_that_plays_and_retrieves(trained):
    told = lines(trained.folder)
    assert (trained.steps, trained.epochs, trained.questions) == (36, 12.0, 12)
    assert [line["step"] for line in told] == [6, 12, 18, 24, 30, 36]
    assert told[-1]["loss"] < 0.7 * told[0]["loss"]
    assert told[-1]["ret_loss"] < 0.5 * told[0]["ret_loss"]
    assert told[-1]["recall"] > told[0]["recall"]
    assert told[0]["rate"] > told[-1]["rate"] > 0
    assert trained.best is not None and trained.best.metrics.keys() == {
        "em", "f1", "recall@1", "recall@2",
    }  # fmt: skip
    assert [mark.step for mark in trained.marks] == list(range(0, 37, 3))
    assert make_agent(trained.folder).name == "one"
    made = json.loads((trained.folder / "hopgym.json").read_text())
    assert made["kind"] == "rag" and made["made"]["n_docs"] == 2
    documents = load_documents()
    found = make_retriever(retriever_spec(trained.folder), documents).search(["Who?"], 2)
    assert len(found.ids[0]) == 2


def load_documents():
    from rag_runs import WORLD

    from hopgym.envs.datasets import make_questions

    return make_questions(WORLD).documents


WAYS = {
    "token": {},
    "sequence, half-way through an epoch": {"variant": "sequence", "save_steps": 2},
    "fid": {"variant": "fid", "reindex_every": 3},
    "frozen": {"freeze_retriever": True, "gold_steps": 4},
    "accumulated": {"gradient_accumulation_steps": 2, "train_context_encoder": False},
}


@pytest.mark.parametrize("way", slow_but("token", WAYS))
def test_a_killed_run_goes_on_as_the_run_that_was_not(tmp_path, monkeypatch, way):
    given = {"resume": True, "logging_steps": 4, **WAYS[way]}
    whole, parts = (
        settings(tmp_path, **given, output_dir=str(tmp_path / name)) for name in ("whole", "parts")
    )
    end = train(whole).steps
    save, stop = Run._save, 2 if "save_steps" in given or end == 4 else 3

    def killed(run, step):
        save(run, step)
        if step == stop:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(parts)
    assert not (tmp_path / "parts" / "rag.json").exists()
    assert train(parts).steps == end
    (one, told), (other, others) = (left(tmp_path / name) for name in ("parts", "whole"))
    assert one and same(one, other) and told == others
    kept = [
        weights(tmp_path / name / "checkpoints" / f"checkpoint-{end}")
        for name in ("parts", "whole")
    ]
    assert same(*kept)


@pytest.mark.slow
def test_a_seed_makes_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(settings(tmp_path, seed=seed, num_epochs=1, output_dir=str(tmp_path / name)))
    a, b, c = (left(tmp_path / name) for name in "abc")
    assert same(a[0], b[0]) and a[1] == b[1] and not same(a[0], c[0])


def scored(monkeypatch, *scores):
    """Examine without looking: the scores are given."""
    left_over = list(scores)
    monkeypatch.setattr("hopgym.agents.rag.judging.judge", lambda *given: {"f1": left_over.pop(0)})
    return left_over


def test_the_best_is_what_is_left(tmp_path, monkeypatch):
    scored(monkeypatch, 0.1, 0.9, 0.2)
    kept, save = {}, Run._save

    def saved(run, step):
        save(run, step)
        kept[step] = weights(run.folder.checkpoint(step))

    monkeypatch.setattr(Run, "_save", saved)
    told = train(settings(tmp_path))
    assert (told.best.step, told.steps) == (3, 6) and set(kept) == {3, 6}
    assert same(weights(told.folder), kept[3]) and not same(kept[3], kept[6])
    assert not list(told.folder.glob("best*"))


def test_it_stops_where_it_gets_no_better_and_may_be_told_to_go_on(tmp_path, monkeypatch):
    left_over = scored(monkeypatch, 0.5, 0.4, 0.9)
    told = train(settings(tmp_path, patience=1))
    assert (told.steps, told.best.step, len(left_over)) == (3, 0, 1)
    again = train(settings(tmp_path, patience=0, resume=True))
    assert (again.steps, again.best.step, left_over) == (6, 6, [])


def test_an_earlier_run_is_kept_and_other_conditions_are_refused(trained, tmp_path):
    place = trained.folder.parent
    with pytest.raises(ConfigError, match=r"one holds an earlier run\. .* another --output_dir"):
        train(settings(place))
    with pytest.raises(ConfigError, match=r"other conditions \(.*num_epochs: 12, not 2"):
        train(settings(place, resume=True))
    with pytest.raises(ConfigError, match="patience looks at held-out questions, and there are no"):
        train(settings(tmp_path, eval_questions="none", patience=1))


def test_without_held_out_questions_the_last_is_left(tmp_path):
    told = train(settings(tmp_path, eval_questions="none", num_epochs=1))
    assert told.best is None and told.marks == []
    assert same(weights(told.folder), weights(told.folder / "checkpoints" / "checkpoint-3"))


def test_questions_that_are_all_held_out_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"12 of 12 questions of .* also stand in"):
        train(settings(tmp_path, eval_split="train"))


@pytest.mark.parametrize("told", ["CUDA out of memory", "[..] can't allocate memory: .."])
def test_memory_that_runs_out_says_what_to_lower_and_how_to_go_on(tmp_path, monkeypatch, told):
    def raises(learner, batches, step):
        raise RuntimeError(told)

    monkeypatch.setattr(Learner, "step", raises)
    with pytest.raises(
        AgentError,
        match=r"Memory ran out .* go on by --resume with --gradient_checkpointing; .* --n_docs",
    ):
        train(settings(tmp_path, eval_questions="none"))


def test_the_index_is_made_in_the_background(tmp_path):
    told = train(settings(tmp_path, async_reindex=True, reindex_every=1))
    assert told.steps == 6 and load_rag(told.folder).n_docs == 2


def test_bfloat16_trains_too(tmp_path):
    told = train(settings(tmp_path, precision="bfloat16", num_epochs=1))
    assert told.steps == 3
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="float16 needs a GPU"):
            train(settings(tmp_path, precision="float16", output_dir=str(tmp_path / "two")))


def test_a_rate_that_never_reaches_its_height_is_told(tmp_path):
    said = []

    class Said(Display):
        def say(self, line):
            said.append(line)

    train(settings(tmp_path, warmup_steps=500, num_epochs=1), Said(Console(quiet=True)))
    assert any("Give fewer --warmup_steps" in line for line in said)


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path):
    """Two with a batch each make the steps that one makes of two batches."""
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom rag_runs import settings\n"
        "from hopgym.agents.rag.train import train\n"
        "train(settings(Path(sys.argv[1]), gradient_accumulation_steps=int(sys.argv[2])))\n"
    )
    paths = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths, "HF_HUB_OFFLINE": "1"}
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone"]
    for words in (
        [*launch, script, tmp_path / "two", "1"],
        [sys.executable, script, tmp_path / "single", "2"],
    ):
        done = subprocess.run(list(map(str, words)), env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    two, single = (weights(tmp_path / name / "one") for name in ("two", "single"))
    assert two.keys() == single.keys()
    for name, value in two.items():
        torch.testing.assert_close(value, single[name], rtol=1e-3, atol=2e-4)
