"""Jupyter kernels that start warm: forked from one process that has the heavy libraries imported.

``python -m warmkernel --import pandas,matplotlib -- pytest --nbval notebooks`` runs a command in whose reach every
``python3`` kernel is such a fork. Notebooks and their kernelspec stay as they are.
"""

SOCKET_VARIABLE = "WARMKERNEL_SOCKET"
IMPORTS_VARIABLE = "WARMKERNEL_IMPORTS"
