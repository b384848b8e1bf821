"""Commands that are killed in a second: they count to 40, sum, and keep how far they came."""

import sys

from hopgym.benchmarks.faults import Recipe

COUNTER = """
import json, os, sys, time
from pathlib import Path
out, fault = Path(sys.argv[1]), sys.argv[2]
resumed = "--resume" in sys.argv
out.mkdir(exist_ok=True)
for old in out.glob(".*"):
    if fault != "rubbish":
        old.unlink()
if (out / "state.json").exists() and fault == "stubborn" and resumed:
    sys.exit("there is nothing to resume")
state = {"step": 0, "sum": 0}
if resumed and (out / "state.json").exists():
    state = json.loads((out / "state.json").read_text())
total = 0 if fault == "forgetful" else state["sum"]
for step in range(state["step"], 40):
    total += step * step
    time.sleep(0.005)
    told = json.dumps({"step": step + 1, "sum": total})
    if fault == "torn":
        with open(out / "state.json", "w") as stream:
            stream.write(told[:8])
            stream.flush()
            time.sleep(0.005)
            stream.write(told[8:])
    else:
        part = out / f".state.json.{os.getpid():08d}"
        part.write_text(told)
        time.sleep(0.005 if fault == "rubbish" else 0.002)
        part.replace(out / "state.json")
if fault == "dice":
    total += int.from_bytes(os.urandom(4), "big")
(out / "model.json").write_text(json.dumps({"sum": total, "took_s": time.time()}))
"""


def counter(fault="none", **changes):
    """A recipe that counts, soundly or with a fault."""
    from hopgym.benchmarks.faults import Omission

    given = {
        "name": fault,
        "summary": "sums squares",
        "command": (sys.executable, "-c", COUNTER, "{out}", fault),
        "resume": ("--resume",),
        "omissions": (Omission("model.json", "clock times", ("*_s",)),),
        "env": {},
    }
    return Recipe(**{**given, **changes})
