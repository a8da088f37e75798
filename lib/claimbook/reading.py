"""From files to records: every YAML file of a ledger read, every record typed, every fault kept.

In: the folder of a ledger. Out: `Material`, or the faults that stand in its way.
"""

from pathlib import Path

from pydantic import ValidationError

from claimbook.article import Article, ArticleError
from claimbook.faults import Fault, did_you_mean
from claimbook.material import Material
from claimbook.records import FILES, Record, Story, problems
from claimbook.strict_yaml import YamlError, load_yaml


def is_coding(path: Path) -> bool:
    """Whether a file beside the ledger is one coder's coding of its claims, e.g. ``second_coding.csv``."""
    return path.name.endswith("_coding.csv")


def _named(record: object, number: int) -> str:
    """What messages call a record: its id or paragraph, else its number in the file."""
    if isinstance(record, dict):
        for key in ("id", "paragraph"):
            if isinstance(record.get(key), str):
                return record[key]
    return f"record {number}"


def _typed(model: type[Record], data: object, file: str, name: str, faults: list[Fault]) -> Record | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults += [Fault(file, name, what) for what in problems(model, data, error)]
        return None


def _file(folder: Path, file: str, faults: list[Fault]) -> tuple[list[Record], list[dict]]:
    """The records of one list file that could be typed, and its raw mappings."""
    try:
        data = load_yaml(folder / file)
    except YamlError as error:
        faults.append(Fault(file, "", str(error).removeprefix(f"{file}: ")))
        return [], []
    if isinstance(data, dict):
        faults.append(Fault(file, "", "a list of records was expected, not one mapping; begin each record with '- '"))
        return [], []
    records: dict[str, Record] = {}
    raw: list[dict] = []
    for number, item in enumerate(data, 1):
        name = _named(item, number)
        if not isinstance(item, dict):
            faults.append(Fault(file, name, f"{str(item)[:40]!r} is no record; write it as 'key: value' lines"))
            continue
        raw.append(item)
        if record := _typed(FILES[file], item, file, name, faults):
            records.setdefault(name, record)  # of two with one id the first counts; the rule on ids tells
    return list(records.values()), raw


def _story(folder: Path, faults: list[Fault]) -> Story | None:
    try:
        data = load_yaml(folder / "story.yaml")
    except YamlError as error:
        faults.append(Fault("story.yaml", "", str(error).removeprefix("story.yaml: ")))
        return None
    return _typed(Story, data, "story.yaml", "", faults)


def _article(house: Path, story: Story, faults: list[Fault]) -> Article | None:
    try:
        return Article.load(house / story.article)
    except ArticleError as error:
        faults.append(Fault("", "", str(error)))
        return None


def _strangers(folder: Path, faults: list[Fault]) -> None:
    """Files beside the ledger's own and the codings of it, most likely a misspelt name."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml", ".csv") and path.name not in FILES and not is_coding(path):
            faults.append(Fault(path.name, "", f"no file of the ledger{did_you_mean(path.name, FILES) or '; move it'}"))


def read(folder: Path) -> tuple[Material | None, list[Fault]]:
    """Read a ledger.

    Parameters
    ----------
    folder : Path
        The folder ``data/ledger`` of a house.

    Returns
    -------
    material : Material or None
        What could be read; None without a story or an article.
    faults : list of Fault
        What could not.
    """
    faults: list[Fault] = []
    if not folder.is_dir():
        return None, [Fault(folder.name, "", "no such folder; make it, with story.yaml and claims.yaml in it")]
    _strangers(folder, faults)
    story = _story(folder, faults)
    records, raw, unread = {}, {}, set()
    for file in FILES:
        if file != "story.yaml":
            before = len(faults)
            records[file], raw[file] = _file(folder, file, faults)
            if len(faults) > before and not raw[file]:
                unread.add(file)
    article = _article(folder.parents[1], story, faults) if story else None
    return (Material(story, article, records, raw, frozenset(unread)) if article else None), faults
