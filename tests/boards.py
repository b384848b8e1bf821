"""Records made by hand, as an agent of a given skill would leave them."""

from functools import cache

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.records import Record, encode
from hopgym.core import Hit, Span, Step, Trajectory
from hopgym.files import read_jsonl

HOSTILE = (
    "</script><script>document.title='owned'</script><!-- <b>x</b> {{ 7*7 }} & \u2028 \U0001d518"
)
"""Text that would leave a page, a script or a template, if it could."""


def make_trajectory(question_id="q0", answer="Leeds", text="", seed=0):
    """Two turns: a query with one hit, then the answer."""
    pieces = [
        (f"The question: {text}", "env"),
        (f"Step 1: look {text}", "agent"),
        ("\nDocument: Leeds is a town.", "env"),
        (f"Step 2: {answer}", "agent"),
    ]
    transcript, spans = "", []
    for piece, author in pieces:
        spans.append(Span(len(transcript), len(transcript) + len(piece), author))
        transcript += piece
    hit = Hit("d1", 1.5)
    steps = (
        Step(1, pieces[1][0], {}, pieces[2][0], ("look",), (hit,), {"gold": 0.5}),
        Step(2, pieces[3][0], {}, "", (), (), {"answer": 1.0}),
    )
    return Trajectory(
        question_id,
        "hopgym/SearchRead-v0",
        seed,
        steps,
        answer,
        tuple(spans),
        transcript,
        "answered",
    )


def make_one(**changes):
    """One record; any field may be changed."""
    question_id = changes.get("question_id", "q0")
    base = {
        "env_id": "hopgym/SearchRead-v0",
        "agent": "iterative",
        "question_id": question_id,
        "metrics": {"em": 1.0, "f1": 1.0, "gold_recall": 1.0},
        "reward": 1.5,
        "reward_terms": {"gold": 0.5, "answer": 1.0},
        "steps": 2,
        "queries": 1,
        "tokens": 6,
        "latency_s": 0.002,
        "question": f"Where was the maker of {question_id} born?",
        "type": "chain",
        "hops": 1,
        "answers": ("Leeds",),
        "prediction": "Leeds",
        "answer_reachable": True,
        "documents_reachable": True,
        "suite": "quick",
        "task": "world",
        "env_kwargs": {"max_steps": 8},
        "questions": "world",
        "split": "test",
        "dataset_fingerprint": "data-1",
        "retriever_fingerprint": "bm25-1",
        "hopgym_version": "0.1.0",
        "command": "hopgym bench",
        "trajectory": make_trajectory(question_id),
    }
    return Record(**{**base, **changes})


def make_failed(**changes):
    """A record of an episode that infrastructure stopped."""
    empty = {"metrics": {}, "reward": 0.0, "reward_terms": {}, "prediction": None}
    return make_one(**{**empty, "trajectory": None, "error": "RetrievalError: down", **changes})


def make_many(agent, rights, n=24, **changes):
    """Records of `n` questions of 1 to 3 hops, of which the first `rights` are right."""
    return [
        make_one(
            agent=agent,
            question_id=f"q{place:03d}",
            hops=place % 3 + 1,
            metrics={"em": float(place < rights), "f1": float(place < rights)},
            prediction="Leeds" if place < rights else "York",
            **changes,
        )
        for place in range(n)
    ]


def make_board_records():
    """Three contenders and a ceiling on the same questions."""
    return [
        *make_many("random", 1),
        *make_many("single_shot", 12),
        *make_many("iterative", 14),
        *make_many("oracle", 24, ceiling=True),
    ]


@cache
def small_board():
    """The board of these records, computed once: intervals take their time."""
    return make_board(make_board_records())


def write_results(folder, records):
    """Write records as a results folder has them, a file for each task and agent."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for record in records:
        files.setdefault(f"{record.task}--{record.agent}.jsonl", []).append(encode(record))
    for name, lines in files.items():
        (folder / name).write_bytes(b"".join(lines))
    return folder


def results(folder):
    """Every line of every results file, in order, without the wall-clock field."""
    return {
        path.name: [{**row, "latency_s": None} for _, row in read_jsonl(path)]
        for path in sorted(folder.glob("*.jsonl"))
    }
