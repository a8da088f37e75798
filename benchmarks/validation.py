"""What validating every notebook takes: warm kernels against stock nbval and nbmake, in turn, with two processes each.

Also what a kernel's start and its imports take, and whether many in a row leave anything behind.
Run: `python -m benchmarks validation`. Times are wall clock and of all processors, memory is the largest sum over all
processes of a run (shared pages divided among those who share them).
"""

import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claimbook import notebooks
from claimbook.home import home
from warmkernel import SOCKET_VARIABLE
from warmkernel.__main__ import configured
from warmkernel.prepared import PreparedProcess

# Plugins that no contender needs are left out of all of them
PLAIN = [f"-pno:{name}" for name in ("hypothesispytest", "anyio", "platformdirs")]
PYTEST = [sys.executable, "-m", "pytest", "-q", *PLAIN, "-n", "2", "--dist", "loadscope", "notebooks"]
NBVAL = [*PYTEST, "--nbval", "-pno:nbmake"]
CONTENDERS = {
    "warm kernels": [sys.executable, "-m", "warmkernel", "--code", "--", *NBVAL, "-p", "warmkernel.pytest_plugin"],
    "stock nbval": NBVAL,
    "nbmake": [*PYTEST, "--nbmake", "-pno:nbval"],  # runs the cells; compares nothing
}
BAR_START_S, BAR_FASTER, BAR_CELLS, KERNELS = 1.0, 2.5, 2.0, 200


# --- one run ---------------------------------------------------------------------------------------------------------


def _processes(root: int) -> Iterator[int]:
    """Process ids of a process's descendants."""
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from _processes(child)


def _memory_kb(root: int) -> int:
    total = 0
    for pid in _processes(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def _wait_for_all() -> None:
    """Wait for what the command left to this process: the prepared process ends a moment after its command."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def measured(command: list[str]) -> dict[str, float]:
    """Run a command with kernels as they come; return wall seconds, processor seconds and peak memory in MB.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails, as when a notebook does not pass.
    """
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1)
    plain = {name: value for name, value in os.environ.items() if name not in (SOCKET_VARIABLE, "JUPYTER_PATH")}
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                peak[0] = max(peak[0], _memory_kb(os.getpid()))
            except OSError:
                pass  # a process ended while it was looked at

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        done_process = subprocess.run(command, cwd=home(), env=plain, capture_output=True, text=True)
        wall = time.perf_counter() - start
    finally:
        done.set()
        watcher.join()
        _wait_for_all()
    if done_process.returncode:
        print(done_process.stdout[-3000:], done_process.stderr[-2000:], sep="\n")
        raise subprocess.CalledProcessError(done_process.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "mb": peak[0] / 1024}


def cells_alone() -> None:
    """Run the cells of every notebook in this one process, libraries imported before; print their seconds."""
    import importlib

    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    for name in configured(home()):
        importlib.import_module(name)
    shell, total = InteractiveShell.instance(), 0.0
    os.chdir(home() / "notebooks")
    for path in notebooks.paths():
        shell.reset()
        for cell in (c for c in notebooks.read(path)["cells"] if c["cell_type"] == "code"):
            start = time.perf_counter()
            with capture_output():
                result = shell.run_cell(cell["source"], store_history=False)
            total += time.perf_counter() - start
            result.raise_error()
    print(json.dumps(total))


def _cells_s() -> float:
    command = [sys.executable, "-c", "from benchmarks.validation import cells_alone; cells_alone()"]
    return float(subprocess.run(command, cwd=home(), check=True, capture_output=True, text=True).stdout.split()[-1])


# --- kernels ---------------------------------------------------------------------------------------------------------


@contextmanager
def _warm() -> Iterator[PreparedProcess]:
    """The environment in which kernels of this process start warm, once the libraries are imported."""
    before = dict(os.environ)
    with PreparedProcess(configured(home())) as prepared:
        os.environ.update(prepared.environment)
        try:
            _kernel_s("")
            yield prepared
        finally:
            os.environ.clear()
            os.environ.update(before)


def _kernel_s(source: str) -> float:
    """Return the seconds from asking for a kernel until it has run a cell; the kernel is stopped again."""
    from jupyter_client.manager import KernelManager

    from warmkernel.pytest_plugin import wait_until_ready

    start = time.perf_counter()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    wait_until_ready(manager, client)
    reply = client.execute_interactive(source, store_history=False, output_hook=lambda message: None, timeout=60)
    seconds = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok" or manager.is_alive():
        raise RuntimeError("a kernel was lost")
    return seconds


def _state(pid: int) -> tuple[int, int, int]:
    """Children, open files and memory (kB) of the prepared process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    memory = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return len(children), len(os.listdir(f"/proc/{pid}/fd")), memory


def _in_a_row() -> bool:
    with _warm() as prepared:
        for _ in range(5):
            _kernel_s("1")
        before = _state(prepared.process.pid)
        for _ in range(KERNELS):
            _kernel_s("1")
        after = _state(prepared.process.pid)
    kinds = zip(("children", "open files", "kB"), before, after, strict=True)
    told = (f"{then} and {now} {what}" for what, then, now in kinds)
    print(f"{KERNELS} kernels in a row, none lost; the prepared process had before and after: {', '.join(told)}")
    return after[:2] == before[:2] and after[2] - before[2] < 2048


def _starts() -> float:
    source = "import " + ", ".join(configured(home()))
    ordinary = statistics.median(_kernel_s(source) for _ in range(5))
    with _warm():
        warm = statistics.median(_kernel_s(source) for _ in range(9))
    print(f"start of a kernel and its imports, median: warm {warm:.2f} s, ordinary {ordinary:.2f} s")
    return warm


# --- all of it -------------------------------------------------------------------------------------------------------


def _bar(what: str, value: float, bar: float, holds: bool) -> bool:
    print(f"{'ok    ' if holds else 'MISSED'} {what}: {value:.2f} (bar {bar:g})")
    return holds


def main(runs: int = 3) -> int:
    """Measure, in turn, `runs` times; print the best of each and whether the bars hold; exit code 1 if one does not."""
    if sys.platform != "linux":
        print("warm kernels are used on Linux alone")
        return 0
    starts = _starts()
    results: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(runs):
        for name, command in CONTENDERS.items():
            results[name].append(measured(command))
    cells = min(_cells_s() for _ in range(runs))
    for name, found in results.items():
        best = {key: min(run[key] for run in found) for key in ("wall", "cpu", "mb")}
        print(f"{name:14} {best['wall']:6.1f} s  {best['cpu']:6.1f} s of processors  {best['mb']:7.0f} MB at most")
    print(f"cells alone    {cells:6.1f} s in one warm process")
    warm, stock = (min(run["wall"] for run in results[name]) for name in ("warm kernels", "stock nbval"))
    bars = [
        _bar("seconds a warm kernel and its imports cost", starts, BAR_START_S, starts < BAR_START_S),
        _bar("times faster than stock nbval", stock / warm, BAR_FASTER, stock / warm >= BAR_FASTER),
        _bar("times the cells alone", warm / cells, BAR_CELLS, warm / cells <= BAR_CELLS),
        _in_a_row(),
    ]
    return int(not all(bars))
