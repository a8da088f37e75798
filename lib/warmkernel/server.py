"""The prepared process: imports libraries once, then forks a kernel for each request on a private Unix socket.

One connection is one kernel. In: a request (command, environment, directory) with three file descriptors. Out: the
process id, later the exit status. A connection that closes early, or a closed standard input of this process (its
starter has ended), takes the kernels with it.
"""

import atexit
import gc
import importlib
import json
import os
import random
import selectors
import signal
import socket
import struct
import sys
from pathlib import Path

MOST_BYTES = 1 << 20


def prepare(modules: list[str]) -> list[str]:
    """Import modules by name and return those that could not be had, each with the reason."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as ipykernel does, before import
    failed = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            failed.append(f"{name} ({error})")
    return failed


def _same_user(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's mode already keeps others out
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _fresh_state(request: dict, parent: int) -> None:
    """Make a fork look like a process of its own: session, signals, directory, environment, random numbers."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _die_with_parent(parent)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _become_kernel(request: dict, descriptors: list[int], others: list[int], parent: int) -> None:
    """Run the kernel in the forked child; never returns."""
    status = 1
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        for descriptor in {*descriptors, *others} - {0, 1, 2}:
            os.close(descriptor)
        _fresh_state(request, parent)
        gc.enable()
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        IPKernelApp.launch_instance([*request["arguments"], f"--IPKernelApp.parent_handle={parent}"])
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        os._exit(status)


class Server:
    """Answers requests one at a time, in one thread, so that a fork copies no running thread of its own.

    Parameters
    ----------
    listener : socket.socket
        Bound and listening.
    lifeline : int
        File descriptor that reads as closed when the starter has ended.
    """

    def __init__(self, listener: socket.socket, lifeline: int) -> None:
        self.listener, self.lifeline = listener, lifeline
        self.kernels: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, waker = socket.socketpair()
        for end in (self.woken, waker):
            end.setblocking(False)
        self.waker = waker

    def serve(self) -> None:
        """Answer until the starter ends, then leave no kernel behind."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(self.lifeline, selectors.EVENT_READ, None)
        self.selector.register(self.woken, selectors.EVENT_READ, self._reap)
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return self._end()
                key.data(key.fileobj)

    def _end(self) -> None:
        for pid in list(self.kernels):
            self._kill(pid)

    def _kill(self, pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(5)
        try:
            if not _same_user(connection):
                raise PermissionError("another user's connection")
            data, descriptors, _, _ = socket.recv_fds(connection, 65_536, 3)
            while not data.endswith(b"\n"):
                more = connection.recv(65_536)
                if not more or len(data) > MOST_BYTES:
                    raise ValueError("a request cut short")
                data += more
            request = json.loads(data)
        except (OSError, ValueError) as error:
            print(f"warmkernel: refused {error}", file=sys.stderr)
            connection.close()
            return
        self._launch(connection, request, descriptors)

    def _launch(self, connection: socket.socket, request: dict, descriptors: list[int]) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            ends = [self.listener, self.woken, self.waker, connection, *self.kernels.values()]
            others = [end.fileno() for end in ends] + [self.selector.fileno(), self.lifeline]
            _become_kernel(request, descriptors, others, parent)
        for descriptor in descriptors:
            os.close(descriptor)
        self.kernels[pid] = connection
        connection.settimeout(None)
        self.selector.register(connection, selectors.EVENT_READ, lambda _: self._abandoned(pid))
        self._tell(connection, {"pid": pid})

    def _abandoned(self, pid: int) -> None:
        """The client has closed its end: the kernel goes too, and is reaped as any other."""
        if connection := self.kernels.get(pid):
            self.selector.unregister(connection)
            self._kill(pid)

    def _reap(self, woken: socket.socket) -> None:
        try:
            woken.recv(4096)
        except BlockingIOError:
            pass
        while self.kernels:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if connection := self.kernels.pop(pid, None):
                if connection.fileno() in self.selector.get_map():
                    self.selector.unregister(connection)
                self._tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
                connection.close()

    @staticmethod
    def _tell(connection: socket.socket, what: dict) -> None:
        try:
            connection.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            pass  # the client has gone; `_abandoned` deals with it


def main(path: str, modules: list[str]) -> None:
    """Listen at `path`, prepare, serve until standard input closes; the socket and its folder go at the end."""
    listener = socket.socket(socket.AF_UNIX)
    os.umask(0o077)
    listener.bind(path)
    listener.listen(64)  # those who come early wait here until the libraries are imported
    lifeline = os.dup(0)
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    try:
        failed = prepare(["ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", *modules])
        if failed:
            print(f"warmkernel: not prepared: {', '.join(failed)}; kernels import them themselves", file=sys.stderr)
        gc.collect()
        gc.freeze()  # kernels share these pages for longer
        Server(listener, lifeline).serve()
    finally:
        Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1], [name for name in sys.argv[2].split(",") if name])
