import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopgym.agents.expert.journal import Attempt, Conditions, Journal
from hopgym.core import Trajectory, to_json
from hopgym.errors import ResultsError

CONDITIONS = Conditions(
    env_id="e",
    env_kwargs={"top_k": 3},
    questions="toy",
    split="train",
    dataset_fingerprint="d",
    retriever_fingerprint="r",
    agents=("a@1", "a@1"),
    accept=("em>=1",),
    info={"grammar": "r3"},
    hopgym_version="0",
)
EPISODE = Trajectory("q1", "e", 0, prediction="Ödön \u2028", outcome="answered")
ATTEMPTS = [
    Attempt(question_id="q1", attempt=1, reason="em 0", trajectory=EPISODE),
    Attempt(question_id="q2", attempt=1, accepted=True, reason="em 1", trajectory=EPISODE),
    Attempt(question_id="q1", attempt=2, error="RetrievalError: down"),
    Attempt(question_id="q1", attempt=3, accepted=True, trajectory=EPISODE),
]


def written(path, attempts=ATTEMPTS, conditions=CONDITIONS):
    with Journal(path, conditions) as journal:
        for attempt in attempts:
            journal.append(attempt)
    return path


def test_what_was_appended_is_read_again(tmp_path):
    path = written(tmp_path / "deep" / "j")
    with Journal(path, CONDITIONS) as journal:
        assert set(journal.marks) == {("q1", 1), ("q2", 1), ("q1", 3)}
        assert journal.attempts("q1", 3) == [ATTEMPTS[0], ATTEMPTS[3]]
        assert journal.attempts("q1", 2) == [ATTEMPTS[0]]
        assert journal.accepted("q1", 3) and not journal.accepted("q1", 2)
        assert journal.attempts("q9", 3) == []


def test_an_attempt_is_in_the_file_when_append_returns(tmp_path):
    with Journal(tmp_path / "j", CONDITIONS) as journal:
        assert (tmp_path / "j").read_bytes() == b""
        journal.append(ATTEMPTS[0])
        lines = (tmp_path / "j").read_bytes().splitlines()
    assert lines == [to_json(CONDITIONS), to_json(ATTEMPTS[0])]


def test_a_failed_attempt_is_made_again_and_a_ruling_stays(tmp_path):
    path = written(tmp_path / "j", ATTEMPTS[2:3])
    again = replace(ATTEMPTS[2], error=None, reason="em 0", trajectory=EPISODE)
    other = replace(again, accepted=True)
    with Journal(path, CONDITIONS) as journal:
        assert not journal.marks
        journal.append(again)
        journal.append(other)
        assert journal.attempts("q1", 2) == [again]


def opened(path, conditions=CONDITIONS, **more):
    with Journal(path, conditions, **more):
        pass


LINES = sum(len(to_json(each)) + 1 for each in [CONDITIONS, *ATTEMPTS])


@given(cut=st.integers(min_value=0, max_value=LINES))
@settings(max_examples=60, deadline=None)
def test_cut_anywhere_only_the_half_line_is_lost(tmp_path_factory, cut):
    path = written(tmp_path_factory.mktemp("cut") / "j")
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = max(0, data.count(b"\n") - 1)
    with Journal(path, CONDITIONS) as journal:
        kept = {(a.question_id, a.attempt) for a in ATTEMPTS[:whole] if a.error is None}
        assert set(journal.marks) == kept
        for attempt in ATTEMPTS[whole:]:
            journal.append(attempt)
    lines = path.read_bytes().splitlines()
    assert lines == [to_json(each) for each in [CONDITIONS, *ATTEMPTS]]


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"split": "dev"}, 'split: "train", not "dev"'),
        ({"env_kwargs": {"top_k": 5}}, 'env_kwargs: {"top_k":3}, not {"top_k":5}'),
        ({"agents": ("b@1", "a@1")}, "agents"),
        ({"accept": ("f1>=0.5",)}, "accept"),
        ({"dataset_fingerprint": "x"}, "dataset_fingerprint"),
    ],
)
def test_a_journal_of_other_conditions_is_refused_and_stays(tmp_path, changes, told):
    path = written(tmp_path / "j")
    before = path.read_bytes()
    with pytest.raises(ResultsError, match=r"other conditions.*--fresh") as refused:
        opened(path, replace(CONDITIONS, **changes))
    assert told in str(refused.value)
    assert path.read_bytes() == before


def test_fresh_begins_anew_with_the_first_attempt(tmp_path):
    path = written(tmp_path / "j")
    before = path.read_bytes()
    other = replace(CONDITIONS, split="dev")
    with Journal(path, other, fresh=True) as journal:
        assert not journal.marks
        assert path.read_bytes() == before
        journal.append(ATTEMPTS[0])
        journal.append(ATTEMPTS[1])
    with Journal(path, other) as journal:
        assert len(journal.marks) == 2


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("content", [b"my notes", b'{"a": 1}\n', b"\x1f\x8b\n"])
def test_a_file_of_something_else_is_refused_and_stays(tmp_path, content, fresh):
    path = tmp_path / "j"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match="no journal of `hopgym expert collect`"):
        opened(path, fresh=fresh)
    assert path.read_bytes() == content


def test_a_bad_line_in_the_middle_is_named(tmp_path):
    path = written(tmp_path / "j")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"attempt": "x"}\n', *lines[1:]]))
    with pytest.raises(ResultsError, match=rf"line at byte {len(lines[0])} is no attempt"):
        opened(path)


def test_only_one_process_writes_it(tmp_path):
    path = written(tmp_path / "j")
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'rb'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        holder.stdout.readline()
        with pytest.raises(ResultsError, match="is being written by another run"):
            opened(path)
    finally:
        holder.communicate()
    with Journal(path, CONDITIONS) as journal:
        assert journal.marks


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot be written"):
        opened(tmp_path / "file" / "j")
    with pytest.raises(ResultsError, match="is not open"):
        Journal(tmp_path / "j", CONDITIONS).append(ATTEMPTS[0])
    assert os.listdir(tmp_path) == ["file"]
