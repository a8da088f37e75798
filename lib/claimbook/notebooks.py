"""Notebooks as files: run them, save their outputs the same to the byte each time, and find what nbval does not see.

Paths in; executed files, or a list of faults, out.
"""

import ast
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from claimbook.article import Article, QuoteError
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.prose import typed_numbers
from claimbook.words import ALT_WORDS, different_words

MOST_BYTES = 1_500_000
_PROSE_CALLS = {"sentence", "finding", "bare", "Markdown", "show_markdown"}
_PROSE_ARGUMENTS = {"title", "subtitle", "alt", "caption"}
_TRACE = re.compile(r"(?<![\w/.:-])/(?:home|root|tmp|work|Users|private|usr|opt)/|[A-Z]:\\\\|\b0x[0-9a-f]{8,}\b")
_RANDOM_ID = re.compile(  # UUIDs; pandas Styler, great_tables, Altair and whatever else names its parts at random
    r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\bT_[0-9a-f]{5}\b|\bid=[\"'][a-z]{10}[\"']|\baltair-viz-\w+"
    r"|(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])"
)
_URL = re.compile(r"https?://[^\s\"'<>)]+")
_MARKERS = re.compile(r"(?m)^\s*#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$")
_TAGS = {"raises-exception", "skip-execution"}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_CODE_SPAN = re.compile(r"`[^`]*`")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$(?=\S)[^$]+(?<=\S)\$(?!\d)", re.S)  # "$5 to $10" is money


class NotebookError(ClaimbookError):
    """A notebook that cannot be read or that stops with an error."""


def paths(folder: Path | None = None) -> list[Path]:
    """Return the notebooks of the house in reading order."""
    return sorted((folder or home() / "notebooks").glob("[0-9][0-9]-*.ipynb"))


def read(path: Path) -> dict:
    """Return a notebook as the mapping that its file holds.

    Raises
    ------
    NotebookError
        If the file is no notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            _form(cell)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = getattr(error, "strerror", None) or (f"{error} is missing" if isinstance(error, KeyError) else error)
        raise NotebookError(f"{path.name}: no readable notebook ({why}); restore it with git") from error
    return notebook


def _form(cell: dict) -> None:
    """Join the lines of a cell; raises where the cell has not the form that the rest of this module reads."""
    cell["source"] = "".join(cell["source"])
    cell["metadata"] = dict(cell.get("metadata", {}))
    if cell["cell_type"] != "code":
        return
    for output in cell["outputs"]:
        output["output_type"] = str(output["output_type"])
        output["metadata"] = dict(output.get("metadata", {}))
        output["text"] = "".join(output.get("text", ""))
        data = output.get("data", {}).items()
        output["data"] = {kind: "".join(value) if kind.startswith("text/") else value for kind, value in data}


def _plain(notebook) -> None:
    """Drop what differs between machines and runs, so that equal results are equal bytes."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)


def execute(path: Path) -> tuple[bool, int, float]:
    """Run one notebook in a fresh kernel and save it whole, or not at all.

    Returns
    -------
    changed : bool
        Whether the file has other bytes than before.
    cells : int
        Code cells run.
    seconds : float
        Wall time, start of the kernel included.

    Raises
    ------
    NotebookError
        If a cell fails; the file stays as it was.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    start = time.perf_counter()
    read(path)  # what is no notebook is told here
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        config=Config(KernelManager={"transport_encryption": "auto"}),  # else each kernel warns that it talks in clear
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise NotebookError(f"{path.name}: {error.ename}: {error.evalue}; open it with `make lab` to mend") from error
    except (CellTimeoutError, DeadKernelError) as error:
        why = "a cell ran too long" if isinstance(error, CellTimeoutError) else "its kernel died"
        raise NotebookError(f"{path.name}: {why}; open it with `make lab` to find the cell") from error
    _plain(notebook)
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"
    changed = text != path.read_text(encoding="utf-8")
    if changed:
        draft = path.with_suffix(".tmp")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    return changed, cells, time.perf_counter() - start


def run(names: Iterable[Path], say=print, at_once: int = 2) -> None:
    """Run notebooks side by side and say a line for each that is done; stop at the first that fails.

    Raises
    ------
    NotebookError
        Naming every notebook that failed; the others are saved.
    """

    def one(path: Path) -> str | None:
        try:
            changed, cells, seconds = execute(path)
        except NotebookError as error:
            say(f"{path.name}: failed")
            return str(error)
        say(f"{path.name}: {cells} cells, {seconds:.1f} s, {'saved' if changed else 'unchanged'}")
        return None

    with ThreadPoolExecutor(at_once) as pool:
        failed = [error for error in pool.map(one, names) if error]
    if failed:
        raise NotebookError("\n".join(failed))


def _quoted(markdown: str) -> list[str]:
    return re.findall(r"“([^”]+)”|\"([^\"]+)\"", markdown)


def _few_words(alt: object) -> bool:
    return different_words(str(alt)) < ALT_WORDS


def _without_code(source: str) -> str:
    """Prose without code and formulas; a bare number in backticks or dollars is prose still."""
    text = _CODE_SPAN.sub(lambda span: " " if re.search(r"[=(\[_]", span.group()) else span.group(), source)
    return _FORMULA.sub(lambda span: " " if re.search(r"[A-Za-z]", span.group()) else span.group(), text)


def _prose_faults(source: str, article: Article) -> Iterator[str]:
    for image in _IMAGE.finditer(source):
        if _few_words(image.group(1)):
            yield "a picture has no alt text of eight different words; say in its brackets what is seen"
    text = re.sub(r"\]\([^)]*\)", " ", _without_code(source))
    for quote in (curly or straight for curly, straight in _quoted(text)):
        try:
            article.locate(quote)
        except QuoteError as error:
            if "not found" in str(error):
                yield f"quotation {quote!r} is not in the article; quote it to the letter or drop the marks"
    for number in typed_numbers(re.sub(r"“[^”]+”|\"[^\"]+\"", " ", text)):
        yield f"typed number {number!r}; compute it in a cell with finding(...)"


def _constants(node: ast.AST) -> Iterator[str]:
    """The words typed into an expression, fields and their format specifications left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.sub(r"\{[^}]*\}", " ", node.value)
    elif not isinstance(node, ast.FormattedValue):
        for part in ast.iter_child_nodes(node):
            yield from _constants(part)


def _says_the_title_again(call: ast.Call) -> bool:
    given = {keyword.arg: ast.dump(keyword.value) for keyword in call.keywords if keyword.arg in ("title", "alt")}
    return len(given) == 2 and given["title"] == given["alt"]


def parsed(source: str) -> ast.AST:
    """The syntax tree of a cell; magics and shell lines are turned into Python only where there are some."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(TransformerManager().transform_cell(source))


def _code_faults(source: str) -> Iterator[str]:
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError) as error:
        yield f"no Python ({error.args[0]}); mend the cell and run `make notebooks`"
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if _says_the_title_again(call):
            yield f"alt text of {name}(...) is its title again; say what is seen"
        texts = list(call.args[:1]) if name in _PROSE_CALLS else []
        texts += [argument.value for argument in call.keywords if argument.arg in _PROSE_ARGUMENTS]
        for text in (words for node in texts if not isinstance(node, ast.Call) for words in _constants(node)):
            for number in typed_numbers(text):
                yield f"typed number {number!r} in the words of {name}(...); pass it as a field"


def _output_faults(output: dict) -> Iterator[str]:
    if output["output_type"] == "error" or output.get("name") == "stderr":
        yield "an error or a warning stands in the outputs; mend the cell and run `make notebooks`"
    data = output["data"]
    images = [kind for kind in data if kind.startswith("image/")]
    for kind in images:
        if _few_words((output["metadata"].get(kind) or {}).get("alt", "")):
            yield "a figure has no alt text of eight different words; end the cell with charts.show(...)"
    if images and "text/csv" not in data:
        yield "a figure has no data beside it; end the cell with charts.show(...)"
    if "<img" in data.get("text/html", ""):
        yield "a picture inside HTML; end the cell with charts.show(...)"
    text = json.dumps({key: value for key, value in data.items() if not key.startswith("image/")})
    if found := _TRACE.search(text + json.dumps(output["text"])):
        yield f"an output names a path or an address of this machine ({found.group()!r}); print something else"
    words = "\n".join(value for key, value in data.items() if key.startswith("text/"))
    if found := _RANDOM_ID.search(_URL.sub(" ", words + output["text"])):
        yield f"an output holds an id that changes from run to run ({found.group()!r}); show a plain table or chart"
    if _WIDGET in data:
        yield "an output is a widget, whose state is not kept; show a plain table or chart"


def _switch_faults(cell: dict) -> Iterator[str]:
    """What would make nbval pass over a cell."""
    found = _MARKERS.findall(cell["source"])
    found += [tag for tag in cell.get("metadata", {}).get("tags", []) if tag in _TAGS or tag.startswith("nbval-")]
    if found:
        yield f"{found[0]} switches validation of this cell off; drop it and make its output the same in every run"


def faults(path: Path, article: Article | None = None) -> list[str]:
    """Return what is wrong with a committed notebook, each fault with file, cell and remedy.

    Looked at are the order of execution, stored errors and warnings, alt texts and chart data, numbers typed into
    prose, quotations that are not verbatim, traces of a machine, random ids, cells that validation would pass over, the
    size of the file and its first heading.
    """
    article = article or Article.load()
    try:
        notebook = read(path)
    except NotebookError as error:
        return [str(error)]
    found = []
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if [cell.get("execution_count") for cell in code] != list(range(1, len(code) + 1)):
        found.append("cells were not run 1..n in order; run `make notebooks`")
    if path.stat().st_size > MOST_BYTES:
        found.append(f"larger than {MOST_BYTES / 1e6:g} MB; draw fewer marks or show fewer rows")
    first = notebook["cells"][0] if notebook["cells"] else {"cell_type": "", "source": ""}
    if first["cell_type"] != "markdown" or not re.match(r"# .+\?\s*(\n|$)", first["source"]):
        found.append("the first cell is not a heading that asks the question; begin with `# ...?`")
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "markdown":
            found += [f"cell {number}: {fault}" for fault in _prose_faults(cell["source"], article)]
        elif cell["cell_type"] == "code":
            found += [f"cell {number}: {fault}" for fault in _code_faults(cell["source"])]
            found += [f"cell {number}: {fault}" for fault in _switch_faults(cell)]
            found += [f"cell {number}: {fault}" for output in cell["outputs"] for fault in _output_faults(output)]
    return [f"{path.name}: {fault}" for fault in found]
