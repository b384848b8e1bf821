import pytest

from hopgym.core import Fact
from hopgym.envs.datasets.folder import QuestionFolder
from hopgym.envs.datasets.make import make_questions
from hopgym.envs.datasets.world import World, write_world
from hopgym.envs.datasets.world.write import MANIFEST
from hopgym.errors import ConfigError
from hopgym.files import read_jsonl
from hopgym.retrieval import read_documents

DIALS = {"entities": 60, "train": 20, "dev": 10, "test": 5}


@pytest.fixture(scope="module")
def world():
    return World(**DIALS)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_loads_back_equal(world, tmp_path):
    counts = write_world(world, tmp_path / "a" / "w")
    loaded = QuestionFolder(tmp_path / "a" / "w")
    assert sorted(loaded.splits) == ["dev", "test", "train"]
    for split in world.splits:
        assert loaded.questions(split) == world.questions(split)
        assert counts[split] == len(world.questions(split)) == DIALS[split]
    assert list(loaded.documents) == list(world.documents)
    assert read_documents(tmp_path / "a" / "w" / "documents.jsonl") == list(world.documents)
    assert counts["documents"] == len(world.documents)
    assert make_questions(str(tmp_path / "a" / "w")).questions("dev") == world.questions("dev")


def test_the_graph_holds_every_fact_once(world, tmp_path):
    counts = write_world(world, tmp_path / "w")
    lines = (tmp_path / "w" / "graph.tsv").read_text(encoding="utf-8").splitlines()
    facts = {Fact(*line.split("\t")) for line in lines}
    assert len(facts) == len(lines) == counts["facts"]
    assert all(set(q.facts) <= facts for split in world.splits for q in world.questions(split))
    heads = [(fact.head, fact.relation) for fact in facts]
    assert len(set(heads)) == len(heads)


def test_the_manifest_tells_how_to_make_it_again(world, tmp_path):
    counts = write_world(world, tmp_path / "w")
    ((_, manifest),) = read_jsonl(tmp_path / "w" / MANIFEST)
    assert manifest["counts"] == counts
    again = World(**manifest["dials"])
    assert again.fingerprint == world.fingerprint == manifest["fingerprint"]


def test_the_same_world_is_the_same_bytes(world, tmp_path):
    write_world(world, tmp_path / "a")
    write_world(World(**DIALS), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_empty_split_is_not_written(tmp_path):
    counts = write_world(World(entities=300, train=3, dev=0, test=0), tmp_path / "w")
    assert names(tmp_path / "w" / "questions") == ["train.jsonl"] and "dev" not in counts


def test_an_empty_folder_is_filled_even_where_one_stands(world, tmp_path, monkeypatch):
    (tmp_path / "w").mkdir()
    monkeypatch.chdir(tmp_path / "w")
    write_world(world, ".")
    assert names(tmp_path / "w") == ["documents.jsonl", "graph.tsv", "questions", MANIFEST]


def test_a_link_is_followed(world, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_world(world, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / MANIFEST).is_file()


def test_a_world_is_replaced_only_when_told_so(world, tmp_path):
    write_world(world, tmp_path / "w")
    before = contents(tmp_path / "w")
    other = World(**DIALS, seed=1)
    with pytest.raises(ConfigError, match=r"w exists already .* pass overwrite \(--overwrite\)"):
        write_world(other, tmp_path / "w")
    assert contents(tmp_path / "w") == before
    write_world(other, tmp_path / "w", overwrite=True)
    assert QuestionFolder(tmp_path / "w").questions("dev") == other.questions("dev")


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_world_is_never_replaced(world, tmp_path, overwrite):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "diary.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for name in ("folder", "file"):
        with pytest.raises(ConfigError, match=f"{name} exists already .* choose another"):
            write_world(world, tmp_path / name, overwrite=overwrite)
    assert names(tmp_path) == ["file", "folder"] and names(tmp_path / "folder") == ["diary.txt"]


def test_a_world_with_a_users_own_files_is_never_replaced(world, tmp_path):
    write_world(world, tmp_path / "w")
    (tmp_path / "w" / "questions" / "notes.txt").write_text("dear")
    with pytest.raises(ConfigError, match=r"no part of a world \(questions/notes.txt\); move them"):
        write_world(world, tmp_path / "w", overwrite=True)
    assert (tmp_path / "w" / "questions" / "notes.txt").read_text() == "dear"


def test_a_failure_on_the_way_leaves_all_as_it_was(world, tmp_path):
    write_world(world, tmp_path / "w")
    before = contents(tmp_path / "w")
    too_small = World(entities=40, kinds="chain", hops=1, train=10_000)
    for name in ("w", "new"):
        with pytest.raises(ConfigError, match="ran out"):
            write_world(too_small, tmp_path / name, overwrite=True)
    assert contents(tmp_path / "w") == before and names(tmp_path) == ["w"]
