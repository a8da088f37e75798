"""The command line: `python -m claimbook check | run | refresh | screen | site | export | new`."""

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


@app.command()
def screen(
    files: Annotated[list[str], typer.Argument(help="Files in BACI's format (t, i, j, k, v, q), CSV or Parquet.")],
    importer: Annotated[str, typer.Option(help="Who imports: ISO alpha-3, e.g. USA; several with commas are a bloc.")],
    partner: Annotated[str, typer.Option(help="The supplier asked about, e.g. CHN.")],
    out: Annotated[Path, typer.Option(help="Where the table goes, .csv or .parquet; whole or not at all.")],
    engine: Annotated[str, typer.Option(help="duckdb, polars, pandas or spark.")] = "duckdb",
    master: Annotated[str | None, typer.Option(help="Address of a Spark master, e.g. spark://host:7077.")] = None,
) -> None:
    """Screen all products of world trade for dependence on one partner."""
    from claimbook.screen import screen_files, summary

    print(summary(screen_files(files, importer=importer, partner=partner, out=out, engine=engine, master=master), out))


@app.command()
def site(
    out: Annotated[Path | None, typer.Option(help="Folder of the site; made anew. Default: build/site.")] = None,
    base_url: Annotated[str, typer.Option(help="Address at which the site will stand, for the records.")] = "",
) -> None:
    """Build the reading copy with its exports from what is committed; nothing is executed or fetched."""
    from claimbook.publish import build

    print(build(out, base_url))


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("build/exports"),
    base_url: Annotated[str, typer.Option(help="Address at which the site stands, for records that need one.")] = "",
) -> None:
    """Write the records for machines alone: ClaimReview, Web Annotations, RO-Crate, the ledger as CSV and JSON."""
    from claimbook.publish import export as write

    print(write(out, base_url))


@app.command()
def new(
    article: Annotated[Path, typer.Argument(help="The story: UTF-8 text, a paragraph a line, headline first.")],
    into: Annotated[Path, typer.Option(help="Folder of the new house; must be new or empty.")],
    outlet: Annotated[str | None, typer.Option(help="Who published the story.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address.")] = None,
    published: Annotated[str | None, typer.Option(help="The day it was published, e.g. 2025-10-25.")] = None,
    language: Annotated[str, typer.Option(help="Its language, e.g. en, zh, ar.")] = "en",
    run: Annotated[bool, typer.Option(help="Execute its notebooks at once.")] = True,
) -> None:
    """Make the same house for another story: its text, an empty ledger with its sentences, two notebooks that run."""
    from claimbook.new import found

    for line in found(article, into, outlet=outlet, url=url, published=published, language=language, run=run):
        print(line)


def main() -> None:
    """Run the command line; bad input ends in one clear message and exit code 1."""
    try:
        app()
    except ClaimbookError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}; choose another place, or mend this one", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
