import sys

import pytest
from kb_files import inside, records, write_lines

from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.kb import Recipe, add, build, describe, merge, verify
from hopgym.retrieval.kb.staging import Staging

ROWS = records(30)


@pytest.fixture
def made(tmp_path):
    """Return what builds a base of some rows under a name."""

    def make(name, rows, recipe=None):
        build(tmp_path / name, [write_lines(tmp_path / f"{name}.jsonl", rows)], recipe)
        return tmp_path / name

    return make


@pytest.mark.parametrize("spec", ["bm25", "tfidf", "dense?encoder=hashing", "tantivy"])
def test_two_bases_become_what_one_of_all_files_is(made, tmp_path, spec):
    recipe = Recipe(spec)
    bases = [made("a", ROWS[:12], recipe), made("b", ROWS[12:], recipe)]
    whole = made("whole", ROWS, recipe)
    about = merge(tmp_path / "new", bases).about
    assert about.content == describe(whole)[0].content and about.passages == 30
    assert about.recipe == recipe and [file["name"] for file in about.inputs] == [
        "a.jsonl",
        "b.jsonl",
    ]
    assert verify(tmp_path / "new") == about
    found, wanted = (
        make_retriever(f).search(["entry 7", "river"], 5) for f in (tmp_path / "new", whole)
    )
    assert found.ids == wanted.ids


def test_what_two_bases_share_is_kept_once(made, tmp_path):
    copies = [{**row, "id": f"copy-{row['id']}"} for row in ROWS[5:8]]
    bases = [made("a", ROWS[:10]), made("b", [*ROWS[8:12], *copies])]
    about = merge(tmp_path / "new", bases).about
    assert about.passages == 12 and about.counts["duplicates"] == 5
    dropped = (tmp_path / "new" / describe(tmp_path / "new")[1].data / "dropped.jsonl").read_text()
    assert f'"copy-{ROWS[5]["id"]}"' in dropped


def test_passages_are_not_cut_again_and_may_overlap(made, tmp_path):
    """Those of one document are alike by their overlap, which makes none a near duplicate."""
    words = " ".join(f"word{n}" for n in range(60))
    recipe = Recipe(chunk_tokens=20, overlap=18, near_duplicates=0.6)
    one = made("a", [{"id": "a", "text": words}], recipe)
    two = made("b", [{"id": "b", "text": words.replace("word", "term")}], recipe)
    passages = sum(describe(base)[0].passages for base in (one, two))
    about = merge(tmp_path / "new", [one, two]).about
    assert about.passages == passages > 10 and about.recipe == recipe
    more = write_lines(
        tmp_path / "more.jsonl", [{"id": "c", "text": words.replace("word", "name")}]
    )
    assert add(tmp_path / "new", [more]).about.passages == passages * 3 // 2


def test_another_retriever_may_search_it(made, tmp_path):
    bases = [made("a", ROWS[:5]), made("b", ROWS[5:9])]
    merge(tmp_path / "new", bases, retriever="tfidf")
    assert describe(tmp_path / "new")[1].retriever == "tfidf"
    with pytest.raises(UnknownNameError, match="bn25"):
        merge(tmp_path / "newer", bases, retriever="bn25")


def test_one_id_for_two_things_is_refused_and_leaves_all_as_it_was(made, tmp_path):
    bases = [made("a", ROWS[:5]), made("b", [{**ROWS[2], "text": "Something else."}])]
    merge(tmp_path / "new", [bases[0], made("c", ROWS[5:7])])
    before = inside(tmp_path / "new")
    with pytest.raises(
        DataError, match=rf"{ROWS[2]['id']}.*says something else.*give each its own"
    ):
        merge(tmp_path / "new", bases)
    assert inside(tmp_path / "new") == before


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_stopped_merge_continues_and_ends_the_same(made, tmp_path, monkeypatch, stop):
    # the package has the function under the module's name
    monkeypatch.setattr(sys.modules["hopgym.retrieval.kb.merge"], "PART", 4)
    copies = [{**row, "id": f"copy-{row['id']}"} for row in ROWS[:3]]
    bases = [made("a", ROWS[:10]), made("b", [*ROWS[10:15], *copies])]
    write, written = Staging.write, []

    def stopping(self, part, passages):
        if len(written) == stop:
            raise KeyboardInterrupt
        written.append(part)
        write(self, part, passages)

    monkeypatch.setattr(Staging, "write", stopping)
    with pytest.raises(KeyboardInterrupt):
        merge(tmp_path / "new", bases)
    monkeypatch.setattr(Staging, "write", write)
    about = merge(tmp_path / "new", bases).about
    assert about == merge(tmp_path / "undisturbed", bases).about
    assert about.passages == 15 and about.counts["duplicates"] == 3


def test_a_damaged_base_is_not_taken_over(made, tmp_path):
    bases = [made("a", ROWS[:5]), made("b", ROWS[5:9])]
    file = bases[1] / describe(bases[1])[1].data / "documents.jsonl"
    file.write_bytes(file.read_bytes().replace(b"Entry", b"Entri"))
    with pytest.raises(DataError, match="is damaged"):
        merge(tmp_path / "new", bases)
    assert not (tmp_path / "new").exists()


def test_mistakes_are_told(made, tmp_path):
    one = made("a", ROWS[:5])
    with pytest.raises(ConfigError, match="two knowledge bases or more"):
        merge(tmp_path / "new", [one])
    with pytest.raises(ConfigError, match="two knowledge bases or more"):
        merge(tmp_path / "new", str(one))
    with pytest.raises(ConfigError, match=r"one of the knowledge bases to merge.*kb add"):
        merge(one, [one, made("b", ROWS[5:9])])
    with pytest.raises(DataError, match="is no saved index"):
        merge(tmp_path / "new", [one, tmp_path / "none"])
