"""Sourcing measures against examples worked by hand and published ones."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import sourcing
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.sourcing import agreement, kappa_of_table, quote_fidelity
from claimbook.words import fold, word_spans, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“It’ll be great,” he said.", ["It’ll", "be", "great", "he", "said"]),
        ("a “pull-aside,” in the U.S. for $8.5 billion (100%)",
         ["a", "pull-aside", "in", "the", "U.S", "for", "$8.5", "billion", "100%"]),
        ("1,234.5 … — –", ["1,234.5"]),
        ("我去。", ["我", "去"]),
        ("क्या हाल है?", ["क्या", "हाल", "है"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected
    assert [text[start:end] for start, end in word_spans(text)] == expected


def test_words_are_compared_without_case_or_shape_of_apostrophe():
    assert fold("IT’LL") == fold("it'll")
    assert fold("pull‑aside") == fold("Pull-aside")


def test_shares_by_claims_and_words(norland):
    # Anchors: 4 words, 8 words, 6 words (the quotation), 6 words.
    frame = sourcing.attribution_shares(norland).set_index("attribution")
    assert frame.loc["none"].tolist() == [3, 0.75, 4 + 8 + 6, 18 / 24]
    assert frame.loc["named"].tolist() == [1, 0.25, 6, 6 / 24]
    assert frame.loc["unnamed-one"].tolist() == [0, 0, 0, 0]


def test_a_word_counts_once_for_a_kind_of_attribution(story):
    frame = sourcing.attribution_shares(story)
    assert frame["words"].sum() <= story.claims_frame()["words"].sum()
    assert frame[["claims_share", "words_share"]].sum().tolist() == pytest.approx([1, 1])
    assert frame["claims"].sum() == len(story.claims)


def test_voices_and_those_talked_about(norland):
    frame = sourcing.voices(norland).set_index("voice")
    assert frame.loc[["writer", "third-country", "industry"], "claims"].tolist() == [3, 1, 0]
    assert sourcing.talked_about(norland).values.tolist() == [["industry", 4, 0, False]]


def test_drift_tells_the_article_first(norland):
    frame = sourcing.drift(norland)
    assert frame[["outlet", "is_article", "attribution"]].values.tolist() == [
        ["norland-news.example", True, "named"],
        ["The Gazette", False, "unnamed-one"],
    ]
    assert frame["wording"].tolist() == ["Minister Ada Berg", "a ministry official said"]


def test_drift_orders_outlets_by_date_and_tells_the_article_once(story):
    for _, frame in sourcing.drift(story).groupby("claim", sort=False):
        assert frame["is_article"].tolist() == [True] + [False] * (len(frame) - 1)
        days = frame["published"][1:].dropna()
        assert list(days.str.ljust(10, "~")) == sorted(days.str.ljust(10, "~"))


def test_omissions(norland, story):
    assert sourcing.omissions(norland).loc[0].tolist() == [
        "O1", 1, "The mine had been open before.", "A reader believes that it is new.", "C01", "1990",
        "The Times of Norland", "https://times.example/mine",
    ]
    assert sourcing.omissions(story)["rank"].is_monotonic_increasing


def test_fidelity_of_quotations(norland):
    row = sourcing.fidelity(norland).loc[0]
    assert row[["words", "kept", "aligned"]].tolist() == [6, 5, "It will be a [good > fine] mine"]
    assert row["similarity"] == pytest.approx(5 / 6)


def test_fidelity_frame_leaves_paraphrases_out_unless_asked(story):
    assert not sourcing.fidelity(story)["paraphrase"].any()
    assert len(sourcing.fidelity(story, paraphrases=True)) > len(sourcing.fidelity(story))


@pytest.mark.parametrize(
    ("quote", "original", "aligned", "distance", "longest"),
    [
        # Each worked by hand: words changed, over words of the longer passage.
        ("quite lengthy meeting", "We'll have a pretty long meeting scheduled",
         "[pretty long > quite lengthy] meeting", 2, 3),
        ("pull-aside,", "scheduled to do a “pull-aside”", "pull-aside", 0, 1),
        ("It'll be GREAT", "it’ll be great.", "It'll be GREAT", 0, 3),
        ("many of our incredible concerns and assets",
         "a lot of our questions and our doubts and our tremendous assets",
         "[lot > many] of our [questions and our doubts > incredible concerns] and [our tremendous > -] assets", 7, 11),
        ("a fine day … for the world",
         "It is a very fine day. We talked at length of other things. It is good for the entire world.",
         "a [very > -] fine day for the [entire > -] world", 2, 8),
        ("the world ... a fine day", "a fine day for the world", "[- > the world] a fine day", 2, 5),
        ("alpha beta", "gamma delta epsilon", "[gamma delta epsilon > alpha beta]", 3, 3),
        ("one two", "one", "one [- > two]", 1, 2),
    ],
)
def test_quote_fidelity_by_hand(quote, original, aligned, distance, longest):
    found = quote_fidelity(quote, original)
    assert str(found) == aligned
    assert found.distance == distance
    assert found.similarity == pytest.approx(1 - distance / longest)


def test_quote_fidelity_keeps_the_words_as_printed():
    found = quote_fidelity("a fantastic agreement", "It is a fantastic deal for us")
    assert [(edit.kept, edit.original, edit.article) for edit in found.edits] == [
        (True, ("a", "fantastic"), ("a", "fantastic")),
        (False, ("deal",), ("agreement",)),
    ]
    assert found.passage == "a fantastic deal"
    assert [edit.article for edit in found.changes] == [("agreement",)]


@pytest.mark.parametrize(("quote", "original"), [("…", "words"), ("words", " — ")])
def test_quote_fidelity_needs_words(quote, original):
    with pytest.raises(ValueError, match="at least one word"):
        quote_fidelity(quote, original)


_SPEECH = st.lists(st.sampled_from(["war", "peace", "and", "the", "deal", "great", "…"]), min_size=1, max_size=9).map(
    " ".join
)


@settings(deadline=None)
@given(_SPEECH, _SPEECH)
def test_fidelity_lies_between_nothing_and_word_for_word(quote, original):
    if not words(quote) or not words(original):
        return
    found = quote_fidelity(quote, original)
    assert 0 <= found.similarity <= 1
    assert [w for edit in found.edits for w in edit.article] == words(quote)
    assert (found.similarity == 1) == (not found.changes)


@settings(deadline=None)
@given(_SPEECH, st.sampled_from(["Well,", "I said it before:", "so"]), st.sampled_from(["", "and more.", "Thank you"]))
def test_a_passage_quoted_word_for_word_is_faithful_whatever_stands_around_it(quote, before, behind):
    passage = quote.replace("…", "")
    if words(passage):
        assert quote_fidelity(passage, f"{before} {passage} {behind}").similarity == 1


def test_kappa_of_a_two_by_two_table_by_hand():
    # 20 + 15 of 50 alike: observed .70. Marginals 25/25 and 30/20: expected .5 x .6 + .5 x .4 = .50. Kappa .20 / .50.
    found = kappa_of_table([[20, 5], [10, 15]])
    assert (found.n, found.observed, found.expected) == (50, pytest.approx(0.7), pytest.approx(0.5))
    assert found.kappa == pytest.approx(0.4)


def test_kappa_and_standard_errors_of_a_published_example():
    # A SAS printout (PROC FREQ, AGREE) kept in the tests of statsmodels, statsmodels/stats/tests/test_inter_rater.py:
    # kappa 0.4842, ASE 0.1380, limits 0.2137 and 0.7547, ASE under H0 0.1484.
    found = kappa_of_table([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    assert [found.kappa, found.se, found.low, found.high, found.se_null] == pytest.approx(
        [0.4842, 0.1380, 0.2137, 0.7547, 0.1484], abs=5e-5
    )


def test_kappa_of_ratings_of_a_published_example():
    # Raters 2 and 3 of the anxiety data of the R package irr, kappa2(anxiety[, 2:3]): kappa -0.006289308, z -0.0604067
    # (the same tests of statsmodels); z is kappa over the standard error for the test that kappa is 0.
    second = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4]
    third = [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2]
    found = agreement(dict(enumerate(second)), dict(enumerate(third)))
    assert found.kappa == pytest.approx(-0.006289308, abs=1e-9)
    assert found.kappa / found.se_null == pytest.approx(-0.0604067, abs=1e-6)


def test_kappa_at_the_ends():
    assert kappa_of_table([[5, 0], [0, 5]]).kappa == 1
    assert kappa_of_table([[0, 5], [5, 0]]).kappa == -1
    assert pd.isna(kappa_of_table([[7]]).kappa)
    with pytest.raises(ValueError, match="square table"):
        kappa_of_table([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="no item"):
        agreement({"a": 1}, {"b": 1})


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_is_symmetric_and_at_most_one(pairs):
    first, second = dict(enumerate(a for a, _ in pairs)), dict(enumerate(b for _, b in pairs))
    one, other = agreement(first, second), agreement(second, first)
    if pd.isna(one.kappa):
        assert pd.isna(other.kappa)
    else:
        assert one.kappa == pytest.approx(other.kappa)
        assert one.se == pytest.approx(other.se)
        assert one.kappa <= 1 + 1e-9


def test_a_second_coding_from_a_file(norland, tmp_path):
    path = tmp_path / "second.csv"
    path.write_text("claim,kind,voice\nC01,schedule,writer\nC02,event,writer\nC03,quotation,\n", encoding="utf-8")
    first = norland.claims_frame()
    frame = sourcing.agreement_by_field(first, sourcing.read_coding(path, first)).set_index("field")
    assert frame.loc["kind", ["n", "observed"]].tolist() == [3, pytest.approx(2 / 3)]
    assert frame.loc["voice", ["n", "observed"]].tolist() == [2, 1]
    assert pd.isna(frame.loc["voice", "kappa"])


def test_a_spoiled_second_coding_is_refused_with_every_fault(norland, tmp_path):
    path = tmp_path / "second.csv"
    path.write_text("claim,kind,voise\nC01,guess,writer\nC1,event,writer\nC02,event,x\nC02,event,x\n", encoding="utf-8")
    with pytest.raises(ClaimbookError) as caught:
        sourcing.read_coding(path, norland.claims_frame())
    assert str(caught.value).splitlines() == [
        'second.csv: unknown column \'voise\'; did you mean "voice"?',
        'second.csv: C1: no such claim; did you mean "C01"?',
        "second.csv: C02: stands twice",
        "second.csv: C01: kind 'guess' is not one of event, schedule, state, figure, quotation, position, causal, "
        "forecast, characterisation",
    ]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClaimbookError, match="no readable CSV file"):
        sourcing.read_coding(path, norland.claims_frame())


def test_codings_before_they_were_compared():
    folder = home() / "data" / "ledger"
    claims = Ledger.load().claims_frame()
    first, second = (sourcing.read_coding(folder / f"{which}_coding.csv", claims) for which in ("first", "second"))
    assert first["claim"].tolist() == second["claim"].tolist() == claims["claim"].tolist()
    found = sourcing.agreement_by_field(first, second).set_index("field")
    alike = (found["observed"] * found["n"]).round().astype(int)
    # Counted by the second coder when the codings were frozen.
    assert alike.to_dict() == {
        "kind": 53,
        "attribution": 60,
        "checkable": 32,
        "at_publication": 48,
        "publication_confidence": 46,
        "outcome": 52,
    }
