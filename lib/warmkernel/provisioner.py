"""What Jupyter calls to launch a kernel: a warm one where it can be had, else the ordinary one and a line saying so."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from warmkernel import NoWarmKernel
from warmkernel.client import WarmProcess

LAUNCHER = "ipykernel_launcher"
_said: set[str] = set()


def _place(program: str) -> Path:
    """Return where a program stands, folders resolved; the interpreter of a venv is a link itself, and stays one."""
    path = Path(program).absolute()
    return path.parent.resolve() / path.name


def _arguments(command: list[str]) -> list[str]:
    """Return what a kernel command passes to ipykernel; it must be a plain command for this very interpreter."""
    if command[1:3] != ["-m", LAUNCHER]:
        raise NoWarmKernel(f"the kernel's command is not `python -m {LAUNCHER}`")
    if _place(command[0]) != _place(sys.executable):
        raise NoWarmKernel(f"{command[0]} is not the interpreter of the prepared process")
    return command[3:]


def _launch(command: list[str], independent: bool = False, **kwargs: Any) -> WarmProcess:
    if independent:
        raise NoWarmKernel("a kernel that outlives its starter was asked for")
    environment = {**(kwargs.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
    cwd = os.path.abspath(kwargs.get("cwd") or os.getcwd())  # the prepared process stands elsewhere
    return WarmProcess(_arguments(command), environment, cwd, kwargs.get("stdout"), kwargs.get("stderr"))


def _say(reason: NoWarmKernel) -> None:
    """Say once in this process that ordinary kernels take over, unless the prepared process has said it for all."""
    if not reason.said and str(reason) not in _said:
        _said.add(str(reason))
        print(f"warmkernel: {reason}; an ordinary kernel is used", file=sys.stderr)


class WarmProvisioner(LocalProvisioner):
    """Launches kernels as forks of the prepared process; everything else is as with an ordinary local kernel.

    Attributes
    ----------
    reason : str or None
        Why the kernel is an ordinary one, if it is.
    """

    reason: str | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel, warm if possible; parameters as in `LocalProvisioner.launch_kernel`."""
        try:
            self.process = await asyncio.to_thread(_launch, cmd, **kwargs)
        except NoWarmKernel as reason:
            self.reason = str(reason)
            _say(reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.reason = None
        self.pid = self.pgid = self.process.pid  # each kernel leads a session of its own
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it has started."""
        if isinstance(self.process, WarmProcess):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel; a warm one has gone within milliseconds, so wait for that."""
        await super().kill(restart)
        if isinstance(self.process, WarmProcess):
            for _ in range(400):
                if self.process.poll() is not None:
                    return
                await asyncio.sleep(0.005)
