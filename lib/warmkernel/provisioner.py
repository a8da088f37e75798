"""What Jupyter calls to launch a kernel: a warm one where it can be had, else the ordinary one and a line saying so."""

import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from warmkernel.client import NoWarmKernel, WarmProcess

LAUNCHER = "ipykernel_launcher"


def _arguments(command: list[str]) -> list[str]:
    """What a kernel command passes to ipykernel; it must be a command for this very interpreter."""
    if LAUNCHER not in command or Path(command[0]).absolute() != Path(sys.executable).absolute():
        raise NoWarmKernel(f"{command[0]} is not the interpreter of the prepared process")
    return command[command.index(LAUNCHER) + 1 :]


class WarmProvisioner(LocalProvisioner):
    """Launches kernels as forks of the prepared process; everything else is as with an ordinary local kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel, warm if possible."""
        try:
            self.process = WarmProcess(
                _arguments(cmd),
                dict(kwargs.get("env") or os.environ),
                str(kwargs.get("cwd") or os.getcwd()),
                kwargs.get("stdout"),
                kwargs.get("stderr"),
            )
        except NoWarmKernel as reason:
            print(f"warmkernel: {reason}; an ordinary kernel is used", file=sys.stderr)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid  # each kernel leads a session of its own
        return self.connection_info
