"""Run the measurements: `python -m benchmarks [SECTION ...] [--rows N ...] [--form csv] [--runs N]`."""

import argparse
import sys

from benchmarks import screen

SECTIONS = {
    "tables": lambda _arguments: _tables(),
    "tariffs": lambda _arguments: _tariffs(),
    "screen": lambda arguments: screen.main(arguments.rows, arguments.form, arguments.runs, arguments.only),
    "validation": lambda arguments: _validation(arguments.runs),
}


def _tables() -> int:
    from benchmarks import load_tables  # not before the other sections: its libraries would count as their memory

    return load_tables.main()


def _tariffs() -> int:
    from benchmarks import tariffs

    return tariffs.main()


def _validation(runs: int) -> int:
    from benchmarks import validation

    return validation.main(runs)


def main() -> int:
    """Run the sections named, all of them if none is; exit code 1 if one misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="*", help=" or ".join(SECTIONS))
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="screen: flows, 1000000 by default")
    parser.add_argument("--form", choices=("parquet", "csv"), default="parquet", help="screen: form of the files")
    parser.add_argument("--runs", type=int, default=3, help="screen, validation: runs of each, in turn")
    parser.add_argument("--only", nargs="+", choices=screen.CONTENDERS, help="screen: contenders, all by default")
    arguments = parser.parse_args()
    for name in arguments.section:
        if name not in SECTIONS:
            parser.error(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    codes = []
    for name in arguments.section or SECTIONS:
        print(f"== {name}")
        codes.append(SECTIONS[name](arguments))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
