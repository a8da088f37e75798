import pandas as pd
import pytest

from claimbook.display import claims_table, evidence_table, omissions_table, replications_table, standards_table
from claimbook.ledger import Ledger
from claimbook.prose import Link


@pytest.fixture(scope="module")
def ledger():
    return Ledger.load()


def test_every_claim_has_a_row_in_the_order_of_the_text(ledger):
    shown = claims_table(ledger)
    assert [number for number, _ in shown["Claim"]] == [f"{c.id} · {c.sentence}" for c in ledger.claims]
    assert len(claims_table(ledger, "P03")) == sum(c.sentence.startswith("P03.") for c in ledger.claims)


def test_an_outcome_is_named_only_where_there_was_one_to_await(ledger):
    shown = dict(zip([c.id for c in ledger.claims], claims_table(ledger)["Judged"], strict=True))
    assert shown["C28"] == ["accurate, but incomplete", "since: did not happen"]
    assert shown["C48"] == ["inaccurate"]


def test_evidence_carries_its_relation_date_and_address(ledger):
    shown = evidence_table(ledger, "C48", "at_publication")
    assert shown["Speaks"].iloc[0] == ["against", "24 Oct 2025"]
    assert all(isinstance(link, Link) and link.safe for _, link in shown["What it shows"])
    assert len(shown) == len(ledger.evidence_for("C48", "at_publication"))


def test_each_rule_that_was_tried_has_one_row_with_every_place(ledger):
    shown, tried = standards_table(ledger), ledger.standards_frame().dropna(subset=["met"])
    assert len(shown) == tried["standard"].nunique()
    assert sum(map(len, shown["Where it was tried"])) == len(tried)
    assert shown["Where it was tried"].iloc[0][0].startswith("C48, broken: ")


def test_omissions_stand_by_weight_with_sources(ledger):
    shown = omissions_table(ledger)
    assert len(shown) == len(ledger.omissions)
    assert shown["Left out"].iloc[0][0] == min(ledger.omissions, key=lambda o: o.rank).statement
    assert all(len(cell) > 1 for cell in shown["Left out"])


def test_published_ranges_and_gaps_are_told():
    tried = pd.DataFrame({
        "method": ["rule", "model"], "scenario": ["tariffs", "cut"], "quantity": ["prices", "output"],
        "unit": ["percent", "billion_usd"], "published": [None, -150.0], "published_low": [0.5, None],
        "published_high": [0.8, None], "ours": [0.63, None], "ours_low": None, "ours_high": None,
        "status": ["inside theirs", "not possible"], "reason": ["a", "b"],
    }).astype(dict.fromkeys(("published", "ours", "ours_low", "ours_high"), float))  # fmt: skip
    first, second = replications_table(tried)["Published, ours"]
    assert first == ["0.5 to 0.8", "ours: 0.63", "percent"]
    assert second == ["-150", "ours: –", "billion US dollars"]
