"""The other end of the prepared process: ask it for a kernel, and hold that kernel as if it were a Popen.

In: arguments for ipykernel, environment, directory, streams. Out: an object that polls, waits and signals.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from warmkernel import SOCKET_VARIABLE, NoWarmKernel

PREPARATION_S = 60  # longest wait for the first kernel, imports included


def _connect() -> socket.socket:
    path = os.environ.get(SOCKET_VARIABLE)
    if not path:
        raise NoWarmKernel("no prepared process runs here (python -m warmkernel starts one)")
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PREPARATION_S)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise NoWarmKernel(f"the prepared process has ended ({error.strerror or error})") from error
    return connection


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
        The whole environment of the kernel.
    cwd : str
    stdout, stderr : as in `subprocess.Popen`; no pipes

    Raises
    ------
    NoWarmKernel
        If the prepared process cannot be had, does not answer in time or refuses.
    """

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], env: dict, cwd: str, stdout=None, stderr=None) -> None:
        self.returncode: int | None = None
        self._rest = b""
        if not Path(cwd).is_dir():
            raise NoWarmKernel(f"{cwd} is no folder")
        self._connection = _connect()
        try:
            answer = self._asked({"arguments": arguments, "env": env, "cwd": cwd}, stdout, stderr)
            if "pid" not in answer:
                raise NoWarmKernel(answer.get("error", "the prepared process has ended"), answer.get("said", False))
        except BaseException:
            self._connection.close()
            raise
        self.pid: int = answer["pid"]

    def _asked(self, request: dict, stdout, stderr) -> dict:
        line = json.dumps(request).encode() + b"\n"
        opened: list[int] = []
        try:
            streams = [_descriptor(subprocess.DEVNULL, 0, opened)]
            streams += [_descriptor(stdout, 1, opened), _descriptor(stderr, 2, opened)]
            with contextlib.suppress(ConnectionError):  # it has closed its end; why, is waiting to be read
                sent = socket.send_fds(self._connection, [line], streams)
                self._connection.sendall(line[sent:])
        finally:
            for descriptor in opened:
                os.close(descriptor)
        answer = self._message(PREPARATION_S)
        if answer is None:
            raise NoWarmKernel(f"the prepared process did not answer in {PREPARATION_S} s")
        return answer

    def _message(self, timeout: float | None) -> dict | None:
        """Return the next line of the prepared process; None if none comes in time, an empty one if it has gone."""
        while b"\n" not in self._rest:
            try:
                self._connection.settimeout(timeout)
                more = self._connection.recv(4096)
            except (TimeoutError, BlockingIOError):
                return None
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
        """Wait for the kernel to end and return its exit status.

        Raises
        ------
        subprocess.TimeoutExpired
        """
        status = self._end(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("kernel", timeout)
        return status

    def _end(self, timeout: float | None) -> int | None:
        if self.returncode is None and (answer := self._message(timeout)) is not None:
            self.returncode = answer.get("exit", -signal.SIGKILL)
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and what it has started, unless it has ended.

        The prepared process does it, being the kernel's parent: a process id that was given anew is never hit.
        """
        if self.poll() is None:
            try:
                self._connection.settimeout(5)
                self._connection.sendall(json.dumps({"signal": number}).encode() + b"\n")
            except OSError:
                pass  # it has just gone; the next poll says so

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)
