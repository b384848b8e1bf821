import asyncio
import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from hopgym.rewards.judges import loop


async def where():
    await anyio.sleep(0)
    return threading.get_ident(), os.getpid()


def test_all_threads_share_one_loop():
    with ThreadPoolExecutor(8) as pool:
        places = set(pool.map(lambda _: loop.run(where), range(64)))
    assert len(places) == 1
    assert places.pop()[0] != threading.get_ident()


def test_it_runs_where_a_loop_runs_already():
    async def notebook():
        return loop.run(where)

    assert asyncio.run(notebook()) == loop.run(where)


def test_errors_come_out_as_they_are():
    async def fail():
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        loop.run(fail)


def test_it_does_not_wait_for_itself():
    async def inside():
        return loop.run(where)

    with pytest.raises(RuntimeError, match="event loop thread"):
        loop.run(inside)


class Resource:
    def __init__(self):
        self.closed = 0

    async def close(self):
        self.closed += 1


def test_a_resource_is_closed_once():
    resource = Resource()
    loop.close_at_end(resource, resource.close)
    loop.close_now(resource, wait=True)
    loop.close_now(resource, wait=True)
    assert resource.closed == 1


SCRIPT = """
import os, sys, threading, time
from concurrent.futures import CancelledError
import anyio
from hopgym.rewards.judges import loop

class Resource:
    async def close(self):
        os.write(1, f"closed in {names[os.getpid()]}\\n".encode())

async def ident():
    return threading.get_ident(), os.getpid()

names = {os.getpid(): "parent"}
first = loop.run(ident)
resource = Resource()
loop.close_at_end(resource, resource.close)
child = os.fork()
if child == 0:
    names[os.getpid()] = "child"
    assert loop.run(ident)[1] == os.getpid()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert loop.run(ident) == first
def long():
    try:
        loop.run(anyio.sleep, 60)
    except CancelledError:
        pass

threading.Thread(target=long, daemon=True).start()
time.sleep(0.1)
os.write(1, b"end\\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_gets_its_own_and_each_ends_cleanly():
    command = [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "end\nclosed in parent\n"


def test_what_nobody_waits_for_any_more_is_given_up():
    started, ended = threading.Event(), threading.Event()

    async def long():
        started.set()
        try:
            await anyio.sleep(60)
        finally:
            ended.set()

    script = threading.Thread(target=interrupted, args=(long, started))
    script.start()
    assert ended.wait(10)
    script.join()
    gc.collect()


def interrupted(function, started):
    """Call `loop.run` as a thread whose wait is broken off once the function has started."""

    class Future:
        def __init__(self, real):
            self.real = real
            self.cancel = real.cancel

        def result(self):
            started.wait(10)
            raise KeyboardInterrupt

    portal = loop._running().portal
    start = portal.start_task_soon
    portal.start_task_soon = lambda *arguments: Future(start(*arguments))
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run(function)
    finally:
        del portal.start_task_soon
