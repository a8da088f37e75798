"""Where the house stands: the folder that holds `seeds/` and `data/`.

Looked for upwards from the working directory, then from the package's own place; no setting, no variable.
"""

from functools import cache
from pathlib import Path

from claimbook.errors import ClaimbookError


def _is_home(folder: Path) -> bool:
    data = folder / "data"  # a house that has lost its ledger is one still: better a fault than another house
    return (folder / "seeds").is_dir() and ((data / "ledger").is_dir() or (data / "datapackage.json").is_file())


@cache
def _find(start: Path) -> Path:
    here = Path(__file__).resolve()
    for folder in (start, *start.parents, *here.parents):
        if _is_home(folder):
            return folder
    raise ClaimbookError(
        f"{start}: no claimbook house here or above (a folder with seeds/ and data/ledger/); "
        "change into the project, or make one with `python -m claimbook new ARTICLE.txt --into DIR`"
    )


def home() -> Path:
    """Return the root of the house.

    Raises
    ------
    ClaimbookError
        If neither the working directory nor the package lies inside a house.
    """
    return _find(Path.cwd())
