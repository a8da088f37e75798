"""Run a command in whose reach python3 kernels start warm: `python -m warmkernel [--import A,B] [--code] -- COMMAND`.

The modules to import once come from ``--import``, or else from pyproject.toml of the working directory, table
``[tool.warmkernel]``, list ``import``, and with ``--code`` those of its list ``code``: the project's own, for a command
during which nobody edits them.
"""

import argparse
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from warmkernel import NoWarmKernel
from warmkernel.prepared import PreparedProcess


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Become the command, so that signals and exit status are its own; on Windows, run it."""
    try:
        if os.name == "nt":
            return subprocess.call(command, env=environment)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execvpe(command[0], command, environment)
    except OSError as error:
        print(f"warmkernel: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127


def configured(folder: Path, code: bool = False) -> list[str]:
    """Return the modules that pyproject.toml of a folder names; none if there is no such file, or it names none.

    Parameters
    ----------
    folder : Path
    code : bool
        Those of the list ``code`` too, after those of ``import``.
    """
    try:
        settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    named = settings.get("tool", {}).get("warmkernel", {})
    return [*named.get("import", []), *(named.get("code", []) if code else [])]


def main(arguments: list[str] | None = None) -> int:
    """Start the prepared process and become the command; return only if that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m warmkernel", description=__doc__)
    parser.add_argument("--import", dest="modules", metavar="A,B", help="modules to import once")
    parser.add_argument("--code", action="store_true", help="import the project's own modules too")
    parser.add_argument("command", nargs="+", help="the command, after --")
    given = parser.parse_args(arguments)
    modules = configured(Path.cwd(), given.code) if given.modules is None else given.modules.split(",")
    try:
        prepared = PreparedProcess(filter(None, modules))
    except NoWarmKernel as reason:
        print(f"warmkernel: {reason}; ordinary kernels are used", file=sys.stderr)
        return _run(given.command, dict(os.environ))
    prepared.outlive_exec()
    with prepared:
        return _run(given.command, {**os.environ, **prepared.environment})


if __name__ == "__main__":
    sys.exit(main())
