"""The rules of CODEBOOK that a machine can hold a ledger to.

In: `Material`, the records that could be read. Out: every fault, none twice.
"""

from collections import Counter
from collections.abc import Iterator

from claimbook import rules_claims, rules_records
from claimbook.faults import Fault
from claimbook.material import Material, after

PLACEHOLDER = "https://example.org/"


def _unique_ids(m: Material) -> Iterator[Fault]:
    for file, records in m.raw.items():
        key = "paragraph" if file == "lineage.yaml" else "id"
        for name, times in Counter(str(r[key]) for r in records if key in r).items():
            if times > 1:
                yield Fault(file, name, f"the {key} stands {times} times; give each record its own")


def placeholders(m: Material) -> Iterator[Fault]:
    """What `claimbook new` could not know and left to be written."""
    if m.story.url == PLACEHOLDER:
        yield Fault("story.yaml", "", f"url is still {PLACEHOLDER}; give the address of the article")


def _story(m: Material) -> Iterator[Fault]:
    if not m.story.unfinished:
        yield from placeholders(m)
    if after(m.story.published, m.story.evidence_horizon):
        yield Fault("story.yaml", "", "published after the evidence horizon; mend one of them")


RULES = (_story, _unique_ids, *rules_claims.RULES, *rules_records.RULES)


def broken(material: Material) -> list[Fault]:
    """Return every rule that the material breaks.

    Parameters
    ----------
    material : Material
        With at least a readable story and article.
    """
    return [fault for rule in RULES for fault in rule(material)]
