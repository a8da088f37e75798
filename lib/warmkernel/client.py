"""The other end of the prepared process: start one, ask it for a kernel, hold that kernel as if it were a Popen."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from warmkernel import IMPORTS_VARIABLE, SOCKET_VARIABLE

PREPARATION_S = 120
_starting = threading.Lock()


class NoWarmKernel(Exception):
    """A warm kernel is not to be had here; the message says why."""


class PreparedProcess:
    """A prepared process that this process owns; it ends with its owner.

    Parameters
    ----------
    modules : iterable of str
        Names of the modules to import before the first fork.
    """

    def __init__(self, modules) -> None:
        if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
            raise NoWarmKernel("this system has no fork")
        self.folder = Path(tempfile.mkdtemp(prefix="warmkernel-"))  # mode 0700
        self.path = str(self.folder / "socket")
        command = [sys.executable, "-m", "warmkernel.server", self.path, ",".join(modules)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def close(self) -> None:
        """End the process and every kernel of it."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _owned() -> str:
    """Start a prepared process for this process alone, once, and return the path of its socket."""
    import atexit

    with _starting:
        if SOCKET_VARIABLE not in os.environ:
            modules = os.environ.get(IMPORTS_VARIABLE, "").split(",")
            prepared = PreparedProcess(name for name in modules if name)
            atexit.register(prepared.close)
            os.environ[SOCKET_VARIABLE] = prepared.path
    return os.environ[SOCKET_VARIABLE]


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    deadline = time.monotonic() + 10
    while True:  # the prepared process may not have bound its socket yet
        try:
            connection.connect(path)
            return connection
        except OSError as error:
            if time.monotonic() > deadline or not Path(path).parent.is_dir():
                connection.close()
                raise NoWarmKernel(f"the prepared process does not answer ({error.strerror})") from error
            time.sleep(0.02)


def _descriptor(stream, inherited: int, opened: list[int]) -> int:
    if stream == subprocess.PIPE:
        raise NoWarmKernel("a pipe to the kernel was asked for")
    if stream == subprocess.DEVNULL:
        opened.append(os.open(os.devnull, os.O_RDWR))
        return opened[-1]
    return inherited if stream is None else stream if isinstance(stream, int) else stream.fileno()


class WarmProcess:
    """A kernel forked by the prepared process, with the parts of `subprocess.Popen` that Jupyter uses.

    Parameters
    ----------
    arguments : list of str
        What follows ``-m ipykernel_launcher``.
    env : dict
    cwd : str
    stdout, stderr : as in `subprocess.Popen`; no pipes

    Raises
    ------
    NoWarmKernel
        If the prepared process cannot be had or does not answer.
    """

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], env: dict, cwd: str, stdout=None, stderr=None) -> None:
        self.returncode: int | None = None
        self._rest = b""
        self._connection = _connect(_owned())
        opened: list[int] = []
        try:
            streams = [_descriptor(subprocess.DEVNULL, 0, opened), _descriptor(stdout, 1, opened)]
            streams.append(_descriptor(stderr, 2, opened))
            request = json.dumps({"arguments": arguments, "env": env, "cwd": cwd}).encode() + b"\n"
            sent = socket.send_fds(self._connection, [request], streams)
            self._connection.sendall(request[sent:])
            answer = self._message(PREPARATION_S)
        except OSError as error:
            answer = {"error": str(error)}
        finally:
            for descriptor in opened:
                os.close(descriptor)
        if not answer or "pid" not in answer:
            self._connection.close()
            raise NoWarmKernel("the prepared process gave no kernel")
        self.pid = answer["pid"]

    def _message(self, timeout: float | None) -> dict | None:
        """The next line of the prepared process; None if there is none in time, an empty one if it has gone."""
        while b"\n" not in self._rest:
            if not select.select([self._connection], [], [], timeout)[0]:
                return None
            try:
                more = self._connection.recv(4096)
            except OSError:
                more = b""
            if not more:
                return {}
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def poll(self) -> int | None:
        """Return the exit status, or None while the kernel runs."""
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the kernel to end and return its exit status."""
        if self._end(timeout) is None:
            raise subprocess.TimeoutExpired("kernel", timeout)
        return self.returncode

    def _end(self, timeout: float | None) -> int | None:
        if self.returncode is None and (answer := self._message(timeout)) is not None:
            self.returncode = answer.get("exit", -9)
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        import signal

        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        import signal

        self.send_signal(signal.SIGKILL)
