"""The owner's end of the prepared process: start it, tell others where it is, end it.

In: names of modules. Out: a process that listens on a private socket, and the environment in which kernels find it.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from warmkernel import SOCKET_VARIABLE, NoWarmKernel

PROVISIONER = "warm-provisioner"
_WAITING = 128  # requests that may queue while the libraries are being imported


def _refuse_where_fork_is_unsafe() -> None:
    if sys.platform == "darwin":
        raise NoWarmKernel("on macOS a fork of a process that has used system libraries may crash")
    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        raise NoWarmKernel("this system has no fork")


def _listener(folder: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(folder / "socket"))
        listener.listen(_WAITING)
    except OSError as error:  # a path longer than the system allows, for one
        listener.close()
        raise NoWarmKernel(f"no socket can be bound in {folder} ({error})") from error
    return listener


def _write_kernelspec(folder: Path) -> None:
    """Write ipykernel's own kernelspec, with its features, under the name it has always, provisioner added."""
    from ipykernel.kernelspec import KERNEL_NAME, get_kernel_dict, write_kernel_spec

    metadata = {**get_kernel_dict().get("metadata", {}), "kernel_provisioner": {"provisioner_name": PROVISIONER}}
    write_kernel_spec(folder / "kernels" / KERNEL_NAME, {"metadata": metadata})


class PreparedProcess:
    """A process that imports modules once and forks kernels; it ends when its owner ends, however that comes about.

    Parameters
    ----------
    modules : iterable of str
        Names of the modules to import before the first fork.

    Attributes
    ----------
    environment : dict
        What to add to the environment of a command so that its ``python3`` kernels start warm.
    folder : Path
        Holds the socket and the kernelspec; readable by this user alone; goes with the process.
    process : subprocess.Popen

    Raises
    ------
    NoWarmKernel
        If this system has no fork that is safe to use.

    Examples
    --------
    >>> with PreparedProcess(["pandas"]) as prepared:
    ...     subprocess.run(["jupyter", "execute", "a.ipynb"], env={**os.environ, **prepared.environment})
    """

    def __init__(self, modules: Iterable[str]) -> None:
        _refuse_where_fork_is_unsafe()
        self.folder = Path(tempfile.mkdtemp(prefix="warmkernel-"))  # mode 0700
        try:
            with _listener(self.folder) as listener:
                self._start(listener, list(modules))
            _write_kernelspec(self.folder)
        except BaseException:
            self.close()
            raise
        paths = [str(self.folder), *filter(None, [os.environ.get("JUPYTER_PATH")])]
        self.environment = {
            SOCKET_VARIABLE: str(self.folder / "socket"),
            "JUPYTER_PATH": os.pathsep.join(paths),  # its kernelspec stands before the ordinary one of that name
        }

    def _start(self, listener: socket.socket, modules: list[str]) -> None:
        """Start the process with the socket and the reading end of a pipe that closes when the owner has ended."""
        reading, self._lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "warmkernel.server", str(listener.fileno()), str(self.folder), *modules],
                stdin=reading,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for the command, not for this
            )
        finally:
            os.close(reading)

    def outlive_exec(self) -> None:
        """Let the program that this process turns into (`os.execvpe`) own the prepared process."""
        os.set_inheritable(self._lifeline, True)

    def close(self) -> None:
        """End the process and every kernel of it."""
        if (lifeline := self.__dict__.pop("_lifeline", None)) is not None:
            os.close(lifeline)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "PreparedProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
