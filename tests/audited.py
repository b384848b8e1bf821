"""A small world to audit, shared by the tests of the audit."""

from functools import cache

from hopgym.benchmarks.audit import Subject, run_audit

WORLD = {"questions": "world?entities=400&dev=100", "split": "dev"}
SEARCH, RAG, KG = "hopgym/SearchRead-v0", "hopgym/RAG-v0", "hopgym/KGSubgraph-v0"
REWARDS = "hopgym.benchmarks.audit.fixtures.rewards:"


@cache
def ours(env_id=SEARCH, **keywords):
    """Return a subject of ours; the tests of a file share what it has played."""
    return Subject(env_id, {**WORLD, **keywords}, episodes=8)


@cache
def strangers(env_id):
    """Return a subject of the fixtures."""
    import hopgym.benchmarks.audit.fixtures  # noqa: F401  # registers them

    return Subject(env_id, episodes=12)


def status(subject, name):
    (checked,) = run_audit(subject, [name]).checks
    return checked.status


def evidence(subject, name):
    (checked,) = run_audit(subject, [name]).checks
    return checked.evidence
