import json
import subprocess
import sys

import pytest
import typer
from kb_files import records, write_lines
from typer.testing import CliRunner

from hopgym.errors import ConfigError, DataError
from hopgym.retrieval import make_retriever, read_documents
from hopgym.retrieval.kb import Recipe, build, describe
from hopgym.retrieval.kb.cli import add_commands

ROWS = records(20)


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["kb", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def file(tmp_path):
    return write_lines(tmp_path / "d.jsonl", ROWS)


@pytest.fixture
def kb(tmp_path, file):
    build(tmp_path / "kb", [file])
    return tmp_path / "kb"


def test_a_base_is_built_with_every_option(tmp_path, file):
    more = write_lines(tmp_path / "more.jsonl.gz", [{**ROWS[0], "id": "copy"}, b"{"])
    options = "--type hybrid --model hashing --chunk-tokens 8 --overlap 2 --near-duplicates 0.9"
    result = run(
        "build", "--documents", file, "--documents", more, "--output", tmp_path / "kb",
        *options.split(), "--no-strict",
    )  # fmt: skip
    assert result.exit_code == 0 and "22" in result.output
    about, manifest = describe(tmp_path / "kb")
    assert about.recipe.chunk_tokens == 8 and about.recipe.overlap == 2
    assert about.recipe.near_duplicates == 0.9 and manifest.retriever == "hybrid"
    assert about.counts["skipped: not JSON"] == 1
    assert "skipped: " in result.stderr and "more.jsonl.gz:2" in result.stderr.replace("\n", "")


def test_equal_passages_may_be_kept(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [{"id": id, "text": "same"} for id in "ab"])
    run("build", "--documents", path, "--output", tmp_path / "kb", "--no-dedupe")
    assert describe(tmp_path / "kb")[0].passages == 2


def test_documents_are_added(tmp_path, kb):
    new = write_lines(tmp_path / "new.jsonl", [{"id": "new", "text": "A lighthouse."}])
    assert "21" in run("add", kb, "--documents", new).output
    assert make_retriever(kb).search(["lighthouse"], 1).ids == [["new"]]


def test_bases_are_merged(tmp_path, kb):
    build(
        tmp_path / "b",
        [write_lines(tmp_path / "b.jsonl", [{"id": "new", "text": "A lighthouse."}])],
    )
    out = tmp_path / "new"
    assert "21" in run("merge", kb, tmp_path / "b", "--output", out, "--type", "tfidf").output
    assert make_retriever(out).search(["lighthouse"], 1).ids == [["new"]]
    with pytest.raises(ConfigError, match="without a type"):
        run("merge", kb, tmp_path / "b", "--output", out, "--model", "hashing")
    with pytest.raises(DataError, match="is a file, not the folder"):
        run("merge", kb, tmp_path / "b.jsonl", "--output", out)


def test_searching_shows_the_hits(kb):
    row = next(row for row in ROWS if row["id"] == "d00007")
    shown = run("search", kb, "entry 7", "-k", 1).output
    assert row["id"] in shown and row["title"] in shown and "Entry 7" in shown
    assert "Nothing matches." in run("search", kb, "zzz").output


def test_searching_as_json(kb):
    lines = run("search", kb, "entry 7", "-k", 2, "--json").output.splitlines()
    found = [json.loads(line) for line in lines]
    assert found[0]["document"]["id"] == "d00007"
    assert found[0]["score"] >= found[1]["score"]


def test_hostile_text_does_not_steer_the_terminal(tmp_path):
    row = {
        "id": "[bold]a[/bold]",
        "title": "\\[red]x",
        "text": "river [link=x]y[/link] \x1b[2J\x9b2J",
    }
    path = write_lines(tmp_path / "d.jsonl", [row])
    run("build", "--documents", path, "--output", tmp_path / "kb")
    shown = run("search", tmp_path / "kb", "river").output
    assert "[bold]a[/bold]" in shown and "\\[red]x" in shown and "[link=x]" in shown
    assert "\x1b" not in shown and "\x9b" not in shown


def test_info_tells_all_of_it(kb):
    about, manifest = describe(kb)
    shown = run("info", kb).output
    for word in (about.content, manifest.fingerprint, "bm25", "20", "d.jsonl"):
        assert word in shown
    told = json.loads(run("info", kb, "--json").output)
    assert told["content"] == about.content and told["fingerprint"] == manifest.fingerprint
    assert told["bytes"] == sum(manifest.sizes.values())
    assert told["recipe"]["retriever"] == "bm25" and "bm25s" in told["versions"]


def test_verify_reads_it_whole(kb):
    assert "Whole." in run("verify", kb).output.replace("\n", "")
    documents = kb / describe(kb)[1].data / "documents.jsonl"
    documents.write_bytes(documents.read_bytes().replace(b"Entry 7:", b"Entry 8:"))
    with pytest.raises(DataError, match=r"documents\.jsonl: is damaged.*Build the index again"):
        run("verify", kb)


def test_what_is_exported_builds_the_same(tmp_path, file):
    build(tmp_path / "kb", [file], Recipe(chunk_tokens=8, overlap=2))
    out = tmp_path / "out.jsonl.gz"
    assert "passages" in run("export", tmp_path / "kb", "--output", out).output
    assert len(read_documents(out)) == describe(tmp_path / "kb")[0].passages
    again = build(tmp_path / "again", [out])
    assert again.about.content == describe(tmp_path / "kb")[0].content


def test_mistakes_are_told(tmp_path, kb, file):
    with pytest.raises(DataError, match="is no saved index"):
        run("search", tmp_path / "none", "x")
    with pytest.raises(DataError, match="is no saved index"):
        run("info", tmp_path)
    with pytest.raises(ConfigError, match="k is 0"):
        run("search", kb, "x", "-k", 0)
    with pytest.raises(ConfigError, match="takes no model"):
        run("build", "--documents", file, "--output", tmp_path / "n", "--model", "minilm")
    with pytest.raises(ConfigError, match="overlap is 3"):
        run("build", "--documents", file, "--output", tmp_path / "n", "--overlap", 3)
    assert run("build", "--output", tmp_path / "n").exit_code == 2
    assert not (tmp_path / "n").exists()


def test_the_command_says_it_in_one_line(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "hopgym", "kb", "search", str(tmp_path), "x"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert "is no saved index" in " ".join(result.stderr.split())


def test_verify_says_what_it_could_not_compare(kb):
    file = kb / "manifest.json"
    early = json.loads(file.read_text())
    del early["digests"], early["seal"]
    file.write_text(json.dumps(early))
    shown = run("verify", kb).output.replace("\n", "")
    assert "Whole." not in shown and "has no digests" in shown


def test_info_shows_a_hybrid_so_that_it_can_be_read(tmp_path, file):
    """Its recipe was percent-encoded, and cut off at the edge."""
    spec = "hybrid?children=%7B%22words%22%3A%22bm25%3Fk1%3D1.2%22%2C%22other%22%3A%22tfidf%22%7D"
    build(tmp_path / "kb", [file], Recipe(spec, chunk_tokens=8, overlap=2))
    shown = run("info", tmp_path / "kb").output
    assert "words: bm25?k1=1.2" in shown and "other: tfidf" in shown and "%" not in shown
    assert "8 tokens, 2 of overlap" in shown
    assert json.loads(run("info", tmp_path / "kb", "--json").output)["recipe"]["retriever"] == spec


@pytest.mark.parametrize(
    "command", [["search", "x"], ["info"], ["verify"], ["export", "--output", "o"]]
)
def test_defect_a_file_is_told_from_a_folder(file, command):
    with pytest.raises(DataError, match=r"d\.jsonl: is a file.*kb build --documents .*d\.jsonl"):
        run(command[0], file, *command[1:])
    with pytest.raises(DataError, match=r"d\.jsonl: is a file"):
        run("add", file, "--documents", file)


def test_defect_an_export_that_cannot_be_written_is_one_clear_error(tmp_path, kb, file):
    with pytest.raises(DataError, match=r"is a folder\. Give the name of a file"):
        run("export", kb, "--output", tmp_path)
    with pytest.raises(DataError, match=r"d\.jsonl is a file; give a path below a folder"):
        run("export", kb, "--output", file / "out.jsonl")


def test_an_overlap_alone_asks_for_the_size_of_a_chunk(tmp_path, file):
    with pytest.raises(ConfigError, match=r"overlap is 3, but .*--chunk-tokens"):
        run("build", "--documents", file, "--output", tmp_path / "n", "--overlap", 3)
