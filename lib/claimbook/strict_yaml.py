"""YAML that people write and a machine can trust: plain data only, no surprises.

In: a file. Out: mappings, lists and scalars, with the line of every record; or every reason to refuse it.
"""

import re
from pathlib import Path

import yaml

from claimbook.errors import ClaimbookError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 20
_LARGEST_BYTES = 20_000_000
# The scalars of YAML 1.2: `no`, `on`, 12:30 and 2025-10-25 stay the words that were written.
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})")
_FLOAT = re.compile(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?")


class YamlError(ClaimbookError):
    """A YAML file that is unreadable, empty, or holds more than plain data."""


def _scalar(event: yaml.ScalarEvent):
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Builder:
    """Builds plain data from parser events; refuses tags, anchors, duplicate keys and deep nesting."""

    def __init__(self, name: str, events) -> None:
        self.name, self.events = name, events

    def refuse(self, event, what: str) -> None:
        raise YamlError(f"{self.name}: line {event.start_mark.line + 1}: {what}")

    def node(self, event, depth: int = 0):
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self.refuse(event, "anchors and aliases (& and *) are not allowed; write the value out")
        if event.tag not in (None, "!") or (event.tag == "!" and not isinstance(event, yaml.ScalarEvent)):
            self.refuse(event, f"the YAML tag {event.tag!r} is not allowed; the ledger holds plain data only")
        if depth > _DEEPEST:
            self.refuse(event, f"nested more than {_DEEPEST} levels deep; the ledger needs four")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        return self.sequence(depth) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(depth)

    def sequence(self, depth: int) -> list:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return items

    def mapping(self, depth: int) -> dict:
        pairs = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, str):
                self.refuse(event, f"the key {key!r} is not a word; put it in quotation marks or mend the indentation")
            if key in pairs:
                self.refuse(event, f"the key {key!r} stands twice in one record; keep one of them")
            pairs[key] = self.node(next(self.events), depth + 1)
        return pairs


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise YamlError(f"{path.name}: larger than {_LARGEST_BYTES // 1_000_000} MB; no ledger file is that large")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise YamlError(f"{path.name}: cannot be read ({error.strerror}); restore the file") from error
    except UnicodeDecodeError as error:
        raise YamlError(f"{path.name}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def load_yaml(path: Path):
    """Return the plain data that a YAML file holds.

    Scalars follow YAML 1.2: only ``true``/``false`` are booleans, and dates stay text (the models read them).

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict or list

    Raises
    ------
    YamlError
        If the file is missing, not UTF-8, empty, no YAML, or holds tags, anchors, duplicate keys, keys that are no
        words, several documents, or anything but a mapping or list. The message names the line.
    """
    text, name = _text(path), path.name
    try:
        events = yaml.parse(text, Loader=_LOADER)
        first = next(e for e in events if not isinstance(e, yaml.StreamStartEvent | yaml.DocumentStartEvent))
        if isinstance(first, yaml.StreamEndEvent):
            raise YamlError(f"{name}: empty file; restore it, or write [] when there is nothing to record")
        data = _Builder(name, events).node(first)
        if any(isinstance(event, yaml.DocumentStartEvent) for event in events):
            raise YamlError(f"{name}: holds several documents (---); keep one")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
        raise YamlError(f"{name}: {where}no YAML ({reason}); check indentation and quotation marks") from error
    if not data and data != []:
        raise YamlError(f"{name}: empty file; restore it, or write [] when there is nothing to record")
    if not isinstance(data, dict | list):
        raise YamlError(f"{name}: a list of records was expected, not {type(data).__name__}")
    return data
