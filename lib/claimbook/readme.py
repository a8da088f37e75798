"""The README's findings and picture, taken from a committed notebook so that they cannot differ from it.

In: README.md with two marks, and a notebook. Out: the README with the notebook's short answer and first picture.
"""

import base64
import re
from pathlib import Path

from claimbook import notebooks
from claimbook.errors import ClaimbookError
from claimbook.home import home

PICTURE = Path("site") / "picture.png"
_LIST = re.compile(r"(<!-- notebooks -->\n).*?(<!-- end of notebooks -->)", re.S)
_BLOCK = re.compile(r"(<!-- findings: (?P<notebook>\S+) -->\n).*?(<!-- end of findings -->)", re.S)


class ReadmeError(ClaimbookError):
    """A README without its marks, or a notebook without the outputs that belong there."""


def short_answer(notebook: dict) -> list[str]:
    """Return the sentences that a notebook shows under its heading "The short answer"."""
    found, inside = [], False
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("#"):
            inside = cell["source"].startswith("## The short answer")
        elif inside:
            shown = (output.get("data", {}).get("text/markdown") for output in cell["outputs"])
            found += ["".join(text) for text in shown if text]
    return found


def first_picture(notebook: dict) -> tuple[bytes, str]:
    """Return a notebook's first picture, as PNG, and its alt text."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                picture = "".join(output["data"]["image/png"])
                return base64.b64decode(picture), output["metadata"]["image/png"]["alt"]
    raise ReadmeError("the notebook shows no picture; run `make notebooks`")


def listing(folder: Path) -> str:
    """Return the notebooks of a folder as a Markdown table: number and question."""
    rows = []
    for path in notebooks.paths(folder):
        question = notebooks.read(path)["cells"][0]["source"].splitlines()[0].removeprefix("# ")
        rows.append(f"| [{path.name[:2]}](notebooks/{path.name}) | {question} |\n")
    return "| notebook | question |\n| --- | --- |\n" + "".join(rows)


def filled(text: str, folder: Path) -> tuple[str, bytes]:
    """Return a README with findings and picture as the notebook it names has them, and the picture.

    Parameters
    ----------
    text : str
        The README; the findings stand between ``<!-- findings: NAME.ipynb -->`` and ``<!-- end of findings -->``, the
        list of notebooks between ``<!-- notebooks -->`` and ``<!-- end of notebooks -->``.
    folder : Path
        Where the notebooks are.

    Raises
    ------
    ReadmeError
        If the marks are missing or the notebook has no short answer or no picture.
    """
    block = _BLOCK.search(text)
    if not block:
        raise ReadmeError("README.md: the marks around the findings are missing; restore them with git")
    notebook = notebooks.read(folder / block["notebook"])
    sentences = short_answer(notebook)
    if not sentences:
        raise ReadmeError(f"{block['notebook']}: no short answer in its outputs; run `make notebooks`")
    picture, alt = first_picture(notebook)
    body = "\n\n".join([*sentences, f"![{alt}]({PICTURE.as_posix()})"])
    text = text[: block.end(1)] + body + "\n" + text[block.start(3) :]
    table = listing(folder)
    return _LIST.sub(lambda found: found[1] + table + found[2], text), picture


def is_current(root: Path) -> bool:
    """Tell whether the README of a house and its picture are what `write` would make of the notebooks."""
    readme, picture = root / "README.md", root / PICTURE
    text = readme.read_text(encoding="utf-8")
    return picture.exists() and (text, picture.read_bytes()) == filled(text, root / "notebooks")


def write(root: Path | None = None) -> None:
    """Fill the README of the house and save its picture, each only if it changed."""
    root = root or home()
    readme = root / "README.md"
    text, picture = filled(readme.read_text(encoding="utf-8"), root / "notebooks")
    for path, content in ((readme, text.encode()), (root / PICTURE, picture)):
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
