"""A plugin of pytest that makes nbval strict and quick, and says what each notebook cost.

``pytest -p warmkernel.pytest_plugin --nbval notebooks``: what nbval passes over fails (pictures, alt texts and other
metadata, the order of outputs, cells that were never run, markers that switch validation off), a kernel counts as
started when it answers, and each notebook gets a line: cells, seconds, of which the kernel's start. Works with xdist.
"""

import importlib
import json
import re
import sys
import time
from collections import defaultdict
from queue import Empty
from types import ModuleType

import pytest

from warmkernel.pictures import difference

_CELL = re.compile(r"(.*\.ipynb)::Cell \d+$")


# --- quick -----------------------------------------------------------------------------------------------------------


def import_when_called(module: str, function: str) -> None:
    """Put off the import of a module until its one function is called, or anything else of it is asked for."""

    def real() -> ModuleType:
        if sys.modules.get(module) is stub:
            del sys.modules[module]
        return importlib.import_module(module)

    def called(*arguments, **keywords):
        return getattr(real(), function)(*arguments, **keywords)

    def missing(name: str):
        if name.startswith("__"):  # what the machinery of import looks for
            raise AttributeError(name)
        return getattr(real(), name)

    stub = ModuleType(module)
    stub.__dict__.update({function: called, "__getattr__": missing})
    sys.modules.setdefault(module, stub)


# nbformat imports jsonschema, which imports this if it is there; it builds a grammar for a second, to check addresses
# that no notebook has
import_when_called("rfc3987_syntax", "is_valid_syntax")


def wait_until_ready(manager, client, timeout: float = 60) -> None:
    """Wait until a kernel answers on both of its channels, and no longer.

    Raises
    ------
    RuntimeError
        If it ends before, or does not answer in time (seconds).
    """
    deadline = time.monotonic() + timeout
    while manager.is_alive() and time.monotonic() < deadline:
        client.kernel_info()
        try:
            client.get_shell_msg(timeout=1)
            client.get_iopub_msg(timeout=0.05)  # the first ones are lost while this channel connects
        except Empty:
            continue
        return
    raise RuntimeError(f"the kernel ended, or did not answer in {timeout:g} s")


def start_kernel(startup_timeout: float = 60, kernel_name: str = "python", **launch):
    """Start a kernel and return its manager and client as soon as it answers.

    In place of nbval's own, which then waits a fifth of a second for messages that never come. A kernel that ends
    before it answers, as when another process took one of its ports meanwhile, is started once more, with other ports.
    """
    try:
        return _started(startup_timeout, kernel_name, launch)
    except RuntimeError:
        return _started(startup_timeout, kernel_name, launch)


def _started(startup_timeout: float, kernel_name: str, launch: dict):
    from jupyter_client.manager import KernelManager
    from nbval.kernel import NbvalKernelspecManager

    manager = KernelManager(kernel_name=kernel_name, kernel_spec_manager=NbvalKernelspecManager())
    manager.start_kernel(**launch)
    client = manager.client()
    client.start_channels()
    try:
        wait_until_ready(manager, client, startup_timeout)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return manager, client


# --- strict ----------------------------------------------------------------------------------------------------------


def _outline(outputs) -> list[str]:
    """Return of each output its kind, stream, MIME types and metadata, in order."""
    parts = []
    for output in outputs:
        kind, stream = output["output_type"], output.get("name", "")
        types, metadata = sorted(output.get("data", {})), output.get("metadata", {})
        parts.append(f"{kind} {stream} {types} {json.dumps(metadata, sort_keys=True)}")
    return parts


def unseen_differences(test, reference) -> str | None:
    """Return what differs between outputs that nbval holds equal: outline first, then pictures.

    Parameters
    ----------
    test, reference : list of output nodes
        As executed now, and as stored.
    """
    now, stored = _outline(test), _outline(reference)
    if now != stored:
        changed = next((pair for pair in zip(stored, now, strict=False) if pair[0] != pair[1]), (stored, now))
        return f"outputs are not of the stored kinds, order and metadata:\n  stored {changed[0]}\n  now    {changed[1]}"
    for before, after in zip(reference, test, strict=True):
        for mime in ("image/png", "image/jpeg"):
            if mime in before.get("data", {}) and (found := difference(before["data"][mime], after["data"][mime])):
                return found
    return None


def _switched_off(item) -> str | None:
    """Say why a cell would pass without being looked at, if it would."""
    if item.options["skip"] or not item.options["check"] or item.options["check_exception"]:
        return "a comment or tag of this cell switches validation off; drop it"
    if item.cell.execution_count is None:
        return "this cell was saved without being run, so that there is nothing to compare"
    return None


def _make_strict(item) -> None:
    compare, run = item.compare_outputs, item.runtest

    def compare_outputs(test, reference, skip_compare=None) -> bool:
        if not compare(test, reference, skip_compare):
            return False
        if found := unseen_differences(test, reference):
            item.comparison_traceback.append(found)
        return not found

    def runtest() -> None:
        if why := _switched_off(item):
            item.raise_cell_error(why)
        run()

    item.compare_outputs, item.runtest = compare_outputs, runtest


def pytest_itemcollected(item) -> None:
    """Make every cell that nbval collects strict."""
    nbval = sys.modules.get("nbval.plugin")
    if nbval and isinstance(item, nbval.IPyNbCell) and item.config.option.nbval:
        _make_strict(item)


# --- what each notebook cost -----------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell those who read the report why a notebook's kernel is an ordinary one, if it is."""
    report = yield
    manager = getattr(getattr(item.parent, "kernel", None), "km", None)
    if report.when == "setup" and (reason := getattr(getattr(manager, "provisioner", None), "reason", None)):
        report.user_properties.append(("ordinary kernel", reason))
    return report


class Costs:
    """Adds up the reports of each notebook's cells, here or sent by xdist's workers."""

    def __init__(self) -> None:
        self.cells: dict[str, int] = defaultdict(int)
        self.seconds: dict[str, float] = defaultdict(float)
        self.start: dict[str, float] = defaultdict(float)
        self.ordinary: dict[str, str] = {}

    def pytest_runtest_logreport(self, report) -> None:
        """Count a phase of a cell; the setup of a notebook's first cell is the start of its kernel."""
        if cell := _CELL.match(report.nodeid):
            name = cell[1]
            self.cells[name] += report.when == "call"
            self.seconds[name] += report.duration
            self.start[name] += report.duration if report.when == "setup" else 0
            if reason := dict(report.user_properties).get("ordinary kernel"):
                self.ordinary[name] = reason

    def pytest_terminal_summary(self, terminalreporter) -> None:
        """Print a line for each notebook."""
        if not self.cells:
            return
        width = max(len(name) for name in self.cells)
        terminalreporter.write_line(f"{'notebook':{width}}  cells  seconds  of which kernel start")
        for name in sorted(self.cells):
            numbers = f"{self.cells[name]:5}  {self.seconds[name]:7.1f}  {self.start[name]:21.2f}"
            terminalreporter.write_line(f"{name:{width}}  {numbers}")
        for reason in sorted(set(self.ordinary.values())):
            count = list(self.ordinary.values()).count(reason)
            terminalreporter.write_line(f"warmkernel: {reason}; ordinary kernels were used for {count} notebooks")


@pytest.hookimpl(trylast=True)
def pytest_configure(config) -> None:
    """Take over the start of nbval's kernels, and count costs where the reports arrive."""
    if not getattr(config.option, "nbval", False):
        return
    importlib.import_module("nbval.kernel").start_new_kernel = start_kernel
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Costs(), "warmkernel-costs")
