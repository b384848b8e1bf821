import subprocess
import sys
import threading

from hopgym.benchmarks.footprint import Footprint, footprint, threads


def test_what_is_left_open_is_counted(tmp_path):
    before = footprint()
    assert before.memory > 10 and before.files >= 3
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with open(tmp_path / "x", "w"):
        leaks = footprint().leaks(before)
    assert leaks == ["2 files", "1 threads", "1 children"]  # the child's pipe is one of the files
    child.communicate(b"\n")
    stop.set()
    thread.join()
    assert footprint().leaks(before) == []


def test_memory_that_is_given_back_is_not_counted():
    """In a process of its own: one that has run long has free memory to take again."""
    code = (
        "from hopgym.benchmarks.footprint import footprint\n"
        "before = footprint().memory\n"
        "block = [str(n) * 50 for n in range(100_000)]\n"
        "assert footprint().memory > before + 10\n"
        "del block\n"
        "assert footprint().memory < before + 5\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_that_libraries_keep_are_none_of_ours():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="tqdm_monitor")
    thread.start()
    assert "tqdm_monitor" not in threads()
    stop.set()
    thread.join()
    assert Footprint(1.0, 3, 1, 0).leaks(Footprint(9.0, 3, 1, 0)) == []
