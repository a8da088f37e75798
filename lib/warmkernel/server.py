"""The prepared process: imports libraries once, then forks a kernel for each request on a private Unix socket.

One connection is one kernel. In: a request (arguments, environment, directory) with three file descriptors, then
signals to pass on. Out: the process id, later the exit status; or why there is no kernel. A connection that closes
early takes its kernel with it; when the owner has ended (standard input closes), all go, and this process too.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import random
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

MOST_BYTES = 1 << 20
# What ipykernel would import on its way to the first prompt, as far as this version of it has that
KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "pdb", "psutil", "sqlite3",
    "IPython.core.completerlib", "IPython.core.oinspect", "IPython.extensions.storemagic", "tornado.platform.asyncio",
)  # fmt: skip
# Variables, by how they begin, that Python and libraries read when they start: they must be as they were then
READ_AT_START = (
    "PYTHON", "LD_", "LANG", "LC_", "TZ", "HOME", "XDG_", "MPL", "OMP_", "OPENBLAS_", "GOTO_", "MKL_", "BLIS_",
    "NUMEXPR_", "ARROW_", "MALLOC_", "PYDEVD_", "DEBUGPY_", "GEVENT_SUPPORT",
)  # fmt: skip
# Set while the modules are imported: the backend, as ipykernel sets it before a notebook can import matplotlib; and
# no advice about debugging to people who don't
FOR_IMPORTS = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


class NotPrepared(Exception):
    """A module cannot be imported, or cannot be forked after; the message names it."""


def prepare(modules: list[str]) -> None:
    """Import modules by name, one after the other.

    Raises
    ------
    NotPrepared
        If a module cannot be imported or starts a thread, which a fork would not have.
    """
    before = threading.enumerate()
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:
            raise NotPrepared(f"{name} cannot be imported ({type(error).__name__}: {error})") from error
        for thread in threading.enumerate():
            if thread not in before:
                raise NotPrepared(f"{name} starts a thread when imported ({thread.name}), which a fork would not have")


def different_start(now: dict[str, str], then: dict[str, str]) -> list[str]:
    """Return the variables read at start that differ between two environments."""
    names = (name for name in {*now, *then} if name.startswith(READ_AT_START) and name != "PYTHONEXECUTABLE")
    return sorted(name for name in names if now.get(name) != then.get(name))


def _same_user(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's mode already keeps others out
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _received(connection: socket.socket) -> tuple[dict, list[int]]:
    """Return a request and its three descriptors, or raise with none of them open."""
    data, descriptors, _, _ = socket.recv_fds(connection, 65_536, 3)
    try:
        while not data.endswith(b"\n"):
            more = connection.recv(65_536)
            if not more or len(data) > MOST_BYTES:
                raise ValueError("a request cut short")
            data += more
        request = json.loads(data)
        if len(descriptors) != 3 or not {"arguments", "env", "cwd"} <= set(request):
            raise ValueError("an incomplete request")
    except (OSError, ValueError, TypeError):
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return request, descriptors


class Kernel:
    """A running kernel as its parent sees it: process id, connection, what the client has said so far."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid, self.connection, self.said = pid, connection, b""

    def signal(self, number: int) -> None:
        """Send a signal to the kernel's session; before the kernel leads one, to the kernel alone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            os.kill(self.pid, number)


class Server:
    """Answers requests one at a time, in one thread, so that a fork copies no running thread of its own.

    Parameters
    ----------
    listener : socket.socket
        Bound and listening.
    lifeline : int
        File descriptor that reads as closed when the owner has ended.
    environment : dict
        The environment this process started with.
    fault : str or None
        Why kernels are refused, if they are.
    """

    def __init__(
        self, listener: socket.socket, lifeline: int, environment: dict[str, str], fault: str | None = None
    ) -> None:
        self.listener, self.lifeline, self.environment, self.fault = listener, lifeline, environment, fault
        self.kernels: dict[int, Kernel] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, self.waker = socket.socketpair()
        for end in (self.woken, self.waker):
            end.setblocking(False)

    def serve(self) -> dict | None:
        """Answer until the owner has ended.

        Returns
        -------
        dict or None
            In each fork, the request it is to serve; in this process, None once no kernel is left.
        """
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(self.woken, selectors.EVENT_READ, self._reap)
        self.selector.register(self.lifeline, selectors.EVENT_READ, None)
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return self._end()
                if (request := key.data(key.fileobj)) is not None:
                    return request

    def _end(self) -> None:
        for kernel in self.kernels.values():
            kernel.signal(signal.SIGKILL)
        for pid in self.kernels:
            os.waitpid(pid, 0)
        self._let_go()

    def _let_go(self) -> None:
        """Close everything that belongs to this process and not to a fork of it."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.selector.close()
        for end in (self.listener, self.woken, self.waker, *(kernel.connection for kernel in self.kernels.values())):
            end.close()
        os.close(self.lifeline)

    def _accept(self, listener: socket.socket) -> dict | None:
        connection, _ = listener.accept()
        connection.settimeout(5)
        try:
            if not _same_user(connection):
                raise PermissionError("another user's connection")
            request, descriptors = _received(connection)
        except (OSError, ValueError, TypeError) as error:
            return self._refuse(connection, {"error": f"the prepared process refused: {error}"})
        try:
            if self.fault:
                return self._refuse(connection, {"error": self.fault, "said": True})
            if changed := different_start(request["env"], self.environment):
                return self._refuse(connection, {"error": f"{changed[0]} is not as it was for the prepared process"})
            return self._launch(connection, request, descriptors)
        finally:
            for descriptor in set(descriptors) - {0, 1, 2}:
                os.close(descriptor)

    def _refuse(self, connection: socket.socket, why: dict) -> None:
        self._tell(connection, why)
        connection.close()

    def _launch(self, connection: socket.socket, request: dict, descriptors: list[int]) -> dict | None:
        parent = os.getpid()
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of threads that fork does not copy; `prepare` has seen that Python has none, and
                # OpenBLAS and Arrow stop theirs before a fork and start them again when they need them
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError as error:
            return self._refuse(connection, {"error": f"no process can be forked ({error.strerror})"})
        if pid == 0:
            os.setsid()
            _die_with_parent(parent)
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
            self._let_go()
            connection.close()
            return {**request, "parent": parent}
        kernel = self.kernels[pid] = Kernel(pid, connection)
        connection.settimeout(5)
        self.selector.register(connection, selectors.EVENT_READ, lambda _: self._heard(kernel))
        self._tell(connection, {"pid": pid})
        return None

    def _heard(self, kernel: Kernel) -> None:
        """Pass on signals; when the client has closed its end, the kernel goes too, and is reaped as any other."""
        try:
            more = kernel.connection.recv(4096)
        except OSError:
            more = b""
        if not more:
            self.selector.unregister(kernel.connection)
            kernel.signal(signal.SIGKILL)
        *lines, kernel.said = (kernel.said + more).split(b"\n")
        for line in lines:
            kernel.signal(int(json.loads(line)["signal"]))

    def _reap(self, woken: socket.socket) -> None:
        try:
            woken.recv(4096)
        except BlockingIOError:
            pass
        while self.kernels:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if kernel := self.kernels.pop(pid, None):
                if kernel.connection.fileno() in self.selector.get_map():
                    self.selector.unregister(kernel.connection)
                self._tell(kernel.connection, {"exit": os.waitstatus_to_exitcode(status)})
                kernel.connection.close()

    @staticmethod
    def _tell(connection: socket.socket, what: dict) -> None:
        try:
            connection.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            pass  # the client has gone; `_heard` deals with it


def _fresh_state(request: dict, imported: dict[str, str]) -> None:
    """Give a fork what a process that starts has of its own: directory, environment, random numbers.

    Variables that a library sets when imported are set here too.
    """
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(imported | request["env"])
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _become_kernel(request: dict) -> None:
    """Run the kernel in a fork until it ends."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [importlib.util.find_spec("ipykernel_launcher").origin, *request["arguments"]]
    IPKernelApp.launch_instance(request["arguments"], parent_handle=request["parent"])


def _lifeline() -> int:
    """Return standard input under another number, and leave an empty one in its place."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return lifeline


def _fault(modules: list[str]) -> str | None:
    """Prepare; return what went wrong, having said so."""
    for name in KERNEL:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    try:
        prepare(modules)
    except NotPrepared as reason:
        print(f"warmkernel: {reason}; ordinary kernels are used", file=sys.stderr, flush=True)
        return str(reason)
    gc.collect()
    gc.freeze()  # so that forks share these pages for longer
    return None


def main(listening: int, folder: str, modules: list[str]) -> None:
    """Prepare, then serve until the owner has ended; in a fork, be a kernel."""
    start = dict(os.environ)
    if sys.path[0] == os.getcwd():
        del sys.path[0]  # as ipykernel does: modules of the starter's folder are none of a notebook's
    lifeline = _lifeline()
    os.environ.update(FOR_IMPORTS | start)
    fault = _fault(modules)
    imported = {name: os.environ[name] for name in {*os.environ} - {*start, *FOR_IMPORTS}}
    request = Server(socket.socket(fileno=listening), lifeline, start, fault).serve()
    if request is None:
        shutil.rmtree(Path(folder), ignore_errors=True)
    else:
        _fresh_state(request, imported)
        _become_kernel(request)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
