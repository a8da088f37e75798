"""The command line: `python -m claimbook check | run | refresh`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from claimbook.errors import ClaimbookError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="One news story, taken apart in notebooks anyone can rerun.",
)


@app.command()
def check() -> None:
    """Check ledger, quotations, evidence, tables and notebooks; exit 1 and list every fault if there is one."""
    from claimbook.check import run_check

    raise typer.Exit(run_check())


@app.command()
def run(
    names: Annotated[list[Path] | None, typer.Argument(help="Notebooks; all of them if none is named.")] = None,
) -> None:
    """Execute notebooks from top to bottom and save their outputs."""
    from claimbook import notebooks, readme

    notebooks.run(names or notebooks.paths())
    if not names:
        readme.write()


@app.command()
def refresh(
    names: Annotated[list[str] | None, typer.Argument(help="Tables; all that have a builder if none is named.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Folder that holds the official files already.")] = None,
) -> None:
    """Get the official files anew (or read them from a folder) and rebuild tables, whole or not at all."""
    from claimbook.refresh.core import refresh_command

    raise typer.Exit(refresh_command(names or [], source))


def main() -> None:
    """Run the command line; bad input ends in one clear message and exit code 1."""
    try:
        app()
    except ClaimbookError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
