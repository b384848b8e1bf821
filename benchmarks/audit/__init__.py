"""`hopgym audit`: is an environment sound, and can what it pays be had for nothing?

Each check is one named function of a [`Subject`][hopgym.benchmarks.audit.subject.Subject] and
returns a finding: passed, failed or not applicable, with the evidence in a sentence. They play any
Gymnasium environment, with or without hopgym's own infos.
"""

from __future__ import annotations

from .checks import CHECKS, Finding, register
from .runner import Report, run_audit
from .subject import Subject

__all__ = ["CHECKS", "Finding", "Report", "Subject", "register", "run_audit"]
