"""A small `data/` folder for tests: one table with a record that is right in every respect, to be spoiled."""

import copy
import hashlib
import json
from pathlib import Path

CSV = (
    "edition,published,country,iso3,year,value,share_pct,estimated\n"
    "MCS 2025,2025-01-31,China,CHN,2024,270000,69.2,false\n"
    "MCS 2025,2025-01-31,United States,USA,2024,45000,11.5,true\n"
    "MCS 2026,2026-02-06,China,CHN,2024,270000,68.4,false\n"
    "MCS 2026,2026-02-06,United States,USA,2024,45500,,true\n"
)
RECORD = {
    "name": "mine_production",
    "title": "Mine production of rare earths",
    "description": "Two countries, two editions; made up for tests.",
    "path": "minerals/mine_production.csv",
    "type": "table",
    "format": "csv",
    "mediatype": "text/csv",
    "encoding": "utf-8",
    "schema": {
        "fields": [
            {"name": "edition", "type": "string", "description": "Edition", "constraints": {"required": True}},
            {"name": "published", "type": "date", "description": "Day of the edition",
             "constraints": {"minimum": "2020-01-01", "maximum": "2026-12-31"}},
            {"name": "country", "type": "string", "description": "Name", "constraints": {"required": True}},
            {"name": "iso3", "type": "string", "description": "ISO 3166 alpha-3",
             "constraints": {"enum": ["CHN", "USA"], "pattern": "[A-Z]{3}"}},
            {"name": "year", "type": "year", "description": "Year", "constraints": {"minimum": 1900}},
            {"name": "value", "type": "integer", "unit": "t", "description": "Oxide", "constraints": {"minimum": 0}},
            {"name": "share_pct", "type": "number", "unit": "%", "description": "Share of the world",
             "constraints": {"minimum": 0, "maximum": 100}},
            {"name": "estimated", "type": "boolean", "description": "Estimated by the source"},
        ],
        "primaryKey": ["edition", "country", "year"],
        "missingValues": [""],
    },
    "sources": [{"title": "Made up", "path": "https://example.org/", "version": "1"}],
    "licenses": [{"name": "CC-BY-4.0", "title": "Creative Commons Attribution 4.0"}],
    "published": "2026-02-06",
    "accessed": "2026-11-23",
    "edition": None,
    "builder": "claimbook.refresh.minerals:MINE_PRODUCTION",
    "known_by_field": "published",
    "source_line": "Made-up Survey, Commodity Summaries",
    "notes": [],
}  # fmt: skip


def small_record(content: bytes = CSV.encode(), **changes) -> dict:
    """Return the record with bytes, hash and rows of `content`, and `changes`."""
    stamp = {
        "bytes": len(content),
        "hash": "sha256:" + hashlib.sha256(content).hexdigest(),
        "row_count": content.count(b"\n") - 1,
    }
    return copy.deepcopy(RECORD) | stamp | changes


def small_package(folder: Path, content: bytes = CSV.encode(), **changes) -> Path:
    """Write the table and its package into `folder` and return it."""
    record = small_record(content, **changes)
    path = folder / record["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    package = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "t", "resources": [record]}
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return folder
