"""`python -m warmkernel --import MODULES -- COMMAND`: run a command in whose reach python3 kernels start warm."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from warmkernel import SOCKET_VARIABLE
from warmkernel.client import NoWarmKernel, PreparedProcess

SPECS = Path(__file__).parent  # holds kernels/python3, which stands before the ordinary spec of that name


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m warmkernel", description=__doc__)
    parser.add_argument("--import", dest="modules", default="", metavar="A,B", help="modules to import once")
    parser.add_argument("command", nargs="+", help="the command, after --")
    given = parser.parse_args(arguments)
    environment = dict(os.environ)
    try:
        prepared = PreparedProcess(name for name in given.modules.split(",") if name)
    except NoWarmKernel as reason:
        print(f"warmkernel: {reason}; ordinary kernels are used", file=sys.stderr)
        return subprocess.call(given.command)
    environment[SOCKET_VARIABLE] = prepared.path
    environment["JUPYTER_PATH"] = os.pathsep.join([str(SPECS), *filter(None, [environment.get("JUPYTER_PATH")])])
    try:
        return subprocess.call(given.command, env=environment)
    finally:
        prepared.close()


if __name__ == "__main__":
    sys.exit(main())
