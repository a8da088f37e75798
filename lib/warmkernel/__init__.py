"""Jupyter kernels that start warm: forked from one process that has the heavy libraries imported.

``python -m warmkernel --import pandas,matplotlib -- pytest --nbval notebooks`` runs a command in whose reach every
``python3`` kernel is such a fork. Notebooks and their kernelspec stay as they are. README.md says what to know.
"""

SOCKET_VARIABLE = "WARMKERNEL_SOCKET"


class NoWarmKernel(Exception):
    """A warm kernel is not to be had here; the message says why.

    Attributes
    ----------
    said : bool
        Whether the prepared process has said so already, for all.
    """

    def __init__(self, reason: str, said: bool = False) -> None:
        super().__init__(reason)
        self.said = said
