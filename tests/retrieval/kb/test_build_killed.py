"""`hopgym kb build` and `kb add` as real processes that are killed for real."""

import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from kb_files import document, inside, records, write_lines

from hopgym.retrieval import make_retriever
from hopgym.retrieval.content import ContentHash
from hopgym.retrieval.kb import Recipe, add, build, describe, verify
from hopgym.retrieval.kb.models import spec_for
from hopgym.retrieval.kb.staging import BUILDING

SMALL_PARTS = """
import signal
import time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from hopgym.retrieval.kb import collect, staging
from hopgym.__main__ import main
collect.PART = 50
begin, write = staging.Staging.begin, staging.Staging.write
def loudly(self, plan):
    print("at work", flush=True)
    begin(self, plan)
def slowly(self, part, passages):
    write(self, part, passages)
    time.sleep(0.02)
staging.Staging.begin, staging.Staging.write = loudly, slowly
main()
"""
PARTS = 30
ROWS = records(PARTS * 50)


def start(folder, *arguments):
    """Start `hopgym kb` with small parts, so that there is much to interrupt."""
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, "kb", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    _, failed = process.communicate(timeout=120)
    assert process.returncode == 0, failed


def parts_of(folder):
    return len(list((folder / BUILDING).glob("part-*")))


def kill_at_random(process, folder, most, rng):
    """Kill a process when it has finished some parts more; return whether it still ran."""
    parts = min(parts_of(folder) + rng.randint(0, most), PARTS)
    process.stdout.readline()
    while process.poll() is None and parts_of(folder) < parts:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.2))
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def check_whole(folder, old, allowed):
    """What stood there is byte for byte what it was, or the new one is there; either answers."""
    about = verify(folder)
    assert about.content in allowed
    assert make_retriever(folder).search(["entry river"], 3).ids[0]
    if about.content == allowed[0]:
        now = inside(folder)
        assert {path: now.get(path) for path in old} == old


def files_of(folder):
    """The files of an index; data folders have random names, which manifests tell."""
    files = inside(folder / describe(folder)[1].data)
    names = {re.sub(r"data-[^/]+", "data", path): content for path, content in files.items()}
    return {name: content for name, content in names.items() if "manifest.json" not in name}


def kill_and_finish(folder, command, kills, rng):
    """Kill runs over an existing base, then let one finish; return the hits and their states."""
    wanted = verify(folder / "undisturbed").content
    before, old = verify(folder / "kb").content, inside(folder / "kb")
    assert before != wanted
    hits, states = 0, []
    for _ in range(kills):
        process = start(folder, *command)
        hits += kill_at_random(process, folder / "kb", 2 * PARTS // kills, rng)
        index = (folder / "kb" / BUILDING / "index").exists()
        states.append((parts_of(folder / "kb"), index))
        check_whole(folder / "kb", old, [before, wanted])
    finish(start(folder, *command))
    assert verify(folder / "kb").content == wanted
    expected, found = (files_of(folder / name) for name in ("undisturbed", "kb"))
    assert found == expected, "the files differ from those of an undisturbed build"
    assert not (folder / "kb" / BUILDING).exists(), "the killed runs left rubbish"
    return hits, states


def check_builds(tmp_path, kills, seed, options="", recipe=None):
    old = write_lines(tmp_path / "old.jsonl", ROWS[:300])
    file = write_lines(tmp_path / "d.jsonl.gz", ROWS)
    build(tmp_path / "kb", [old])
    build(tmp_path / "undisturbed", [file], recipe)
    command = ["build", "--documents", "d.jsonl.gz", "--output", "kb", *options.split()]
    return kill_and_finish(tmp_path, command, kills, random.Random(seed))


def check_adds(tmp_path, kills, seed, type):
    old = write_lines(tmp_path / "old.jsonl", ROWS[:-600])
    new = write_lines(tmp_path / "new.jsonl", ROWS[-600:])
    for name in ("undisturbed", "kb"):
        build(tmp_path / name, [old], Recipe(type))
    add(tmp_path / "undisturbed", [new])
    command = ["add", "kb", "--documents", "new.jsonl"]
    return kill_and_finish(tmp_path, command, kills, random.Random(seed))


def test_a_killed_build_is_finished_by_the_next(tmp_path):
    hits, states = check_builds(tmp_path, kills=2, seed=1)
    assert hits == 2 and states[-1][0] > 0, f"no kill has hit the work: {states}"


CUT = "--near-duplicates 0.9 --chunk-tokens 8 --overlap 2"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options, recipe",
    [
        (CUT, Recipe("bm25", 8, 2, near_duplicates=0.9)),
        ("--type dense --model hashing", Recipe(spec_for("dense", "hashing"))),
        ("--type hybrid --model hashing", Recipe(spec_for("hybrid", "hashing"))),
    ],
    ids=["bm25", "dense", "hybrid"],
)
def test_a_build_killed_ten_times_ends_like_an_undisturbed_one(tmp_path, seed, options, recipe):
    hits, states = check_builds(tmp_path, 10, seed, options, recipe)
    assert hits >= 8, "the kills have not struck where it matters"
    assert len(set(states)) >= 4, f"all kills struck at the same place: {states}"


@pytest.mark.slow
@pytest.mark.parametrize("type", ["bm25", "tfidf"])
def test_an_addition_killed_ten_times_ends_like_an_undisturbed_one(tmp_path, type):
    hits, states = check_adds(tmp_path, 10, 5, type)
    assert hits >= 5 and len(set(states)) >= 3, states


@pytest.mark.slow
def test_a_tantivy_base_killed_ten_times_ends_with_the_same_content(tmp_path):
    old = write_lines(tmp_path / "old.jsonl", ROWS[:300])
    write_lines(tmp_path / "d.jsonl", ROWS)
    build(tmp_path / "kb", [old], Recipe("tantivy"))
    before, bytes_before = verify(tmp_path / "kb").content, inside(tmp_path / "kb")
    wanted = ContentHash([document(row) for row in ROWS]).hexdigest()
    command = ["build", "--documents", "d.jsonl", "--output", "kb", "--type", "tantivy"]
    rng = random.Random(3)
    for _ in range(10):
        kill_at_random(start(tmp_path, *command), tmp_path / "kb", 6, rng)
        check_whole(tmp_path / "kb", bytes_before, [before, wanted])
    finish(start(tmp_path, *command))
    assert verify(tmp_path / "kb").content == wanted


def test_an_interrupt_from_the_keyboard_is_no_loss(tmp_path):
    write_lines(tmp_path / "d.jsonl", ROWS)
    command = ["build", "--documents", "d.jsonl", "--output", "kb"]
    process = start(tmp_path, *command)
    while not (tmp_path / "kb" / BUILDING / "part-000002.jsonl").exists():
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGINT)
    process.communicate()
    assert process.returncode not in (0, None)
    assert parts_of(tmp_path / "kb") >= 3
    finish(start(tmp_path, *command))
    assert verify(tmp_path / "kb").passages == len(ROWS)
