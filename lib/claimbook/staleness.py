"""Whether a notebook's outputs belong to the ledger and the tables as they stand, and whether what it names is there.

In: a notebook as `notebooks.read` gives it, and the folder `data/`. Out: what to run again or to mend, as lines.
"""

import ast
import hashlib
import re
from collections.abc import Container, Iterator
from pathlib import Path

from claimbook.notebooks import NotebookError, parsed, read
from claimbook.tables import package

COLOPHON = ("Data", "Edition", "SHA-256")  # the columns by which a colophon is known
LEDGER = "ledger/"  # what the names of the ledger's files begin with
WRITTEN = ("seeds/", LEDGER)  # the same of all that every notebook stands on, the article first
_ID = re.compile(r"\b(?:C\d{2,}|P\d{2,}(?:\.S\d+)?)\b")


def digests(data: Path) -> dict[str, str]:
    """Return the first twelve digits of the SHA-256 of the article, each file of the ledger and each table, by name."""
    files = [*sorted((data.parent / "seeds").glob("*.txt")), *sorted((data / "ledger").glob("*.yaml"))]
    found = {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    found |= {entry["name"]: entry["hash"].removeprefix("sha256:") for entry in package(data)["resources"]}
    return {name: digest[:12] for name, digest in found.items()}


def printed(notebook: dict) -> dict[str, str]:
    """Return the digests in the colophons that a notebook shows, by name."""
    head, found = " | ".join(COLOPHON), {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            _, colophon, rows = output["data"].get("text/plain", "").partition(f"{head}\n")
            if colophon:
                cells = [row.split(" | ") for row in rows.splitlines()]
                found |= {row[0]: row[-1] for row in cells if len(row) >= len(COLOPHON)}
    return found


def _expressions(notebook: dict) -> Iterator[tuple[int, ast.AST]]:
    """Every node of every cell that is Python, with the number of its cell."""
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            try:
                tree = parsed(cell["source"])
            except (SyntaxError, ValueError):
                continue  # told where the form of notebooks is checked
            yield from ((number, node) for node in ast.walk(tree))


def _read_by(node: ast.AST) -> str | None:
    """What an expression loads by name: a table, or the ledger."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "load":
        return None
    owner = getattr(node.func.value, "id", "")
    if owner == "Ledger":
        return f"{LEDGER}claims.yaml"
    first = node.args[0] if node.args else None
    return str(first.value) if owner == "tables" and isinstance(first, ast.Constant) else None


def stale(notebook: dict, now: dict[str, str]) -> Iterator[str]:
    """Yield what a notebook's colophon does not say, or says of other data than there are.

    Parameters
    ----------
    notebook : dict
        From `notebooks.read`.
    now : dict
        From `digests`.
    """
    said = printed(notebook)
    loaded = {name for _, node in _expressions(notebook) if (name := _read_by(node))}
    if loaded and not said:
        yield "loads data and shows no colophon; end it with colophon(...) and run `make notebooks`"
        return
    if unsaid := sorted(loaded - said.keys()):
        yield f"loads {', '.join(unsaid)}, not named in its colophon; add it there and run `make notebooks`"
    if gone := sorted(said.keys() - now.keys()):
        yield f"its colophon names {', '.join(gone)}, of which there is no record; drop it and run `make notebooks`"
    files = {name for name in now if name.startswith(WRITTEN)} if said else set()
    if changed := sorted(name for name in (said.keys() | files) & now.keys() if said.get(name) != now[name]):
        yield f"run with other data than there are now ({', '.join(changed)}); run `make notebooks`"


def unknown_names(notebook: dict, known: Container[str]) -> Iterator[str]:
    """Yield where a notebook's words or code name a claim, paragraph or sentence that is not there."""
    texts = [(n, cell["source"]) for n, cell in enumerate(notebook["cells"], 1) if cell["cell_type"] == "markdown"]
    constants = [(n, node.value) for n, node in _expressions(notebook) if isinstance(node, ast.Constant)]
    texts += [(n, value) for n, value in constants if isinstance(value, str)]
    for number, name in sorted({(number, name) for number, text in texts for name in _ID.findall(text)}):
        if name not in known:
            yield f"cell {number}: no claim, paragraph or sentence {name}; mend the name"


def faults(path: Path, now: dict[str, str], known: Container[str]) -> list[str]:
    """Return the faults of `stale` and `unknown_names` for one file; one that cannot be read is told elsewhere."""
    try:
        notebook = read(path)
    except NotebookError:
        return []
    return [f"{path.name}: {what}" for what in (*stale(notebook, now), *unknown_names(notebook, known))]
