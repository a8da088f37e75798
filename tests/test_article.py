"""The article as text: ids, offsets, sentences in many scripts, and quotations found once or refused."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.article import Article, ArticleError, QuoteError
from claimbook.sentences import sentence_spans

ARTICLE = Path(__file__).parents[1] / "seeds" / "000_54e5e7498d885eca.txt"


@pytest.fixture(scope="module")
def article() -> Article:
    return Article.load(ARTICLE)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_given_article_has_fifteen_paragraphs_and_the_sentences_a_reader_counts(article):
    assert [p.id for p in article.paragraphs] == [f"P{n:02d}" for n in range(15)]
    # Counted by hand in the article.
    assert [len(p.sentences) for p in article.paragraphs] == [1, 2, 1, 2, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1]
    assert article.sentence("P03.S2").text == "However, the specifics of these agreements were not revealed."
    assert article.sentence("P06.S2").text.startswith("Earlier this week, President Trump signed an $8.5 billion")
    assert article.sentence("P08.S1").text.endswith("suggesting it is not a formal negotiation.")
    assert article.sentence("P08.S2").text.endswith("“many of our incredible concerns and assets.”")


def test_an_ellipsis_inside_a_quotation_does_not_cut_the_sentence(article):
    assert article.sentence("P13.S1").text == article.paragraph("P13").text
    assert article.sentence("P13.S1").text.endswith("China … It’ll be great for the world.”")


@pytest.mark.parametrize(
    "sentences",
    [
        ["He met J. P. Morgan in the U.S.", "The deal was $8.5 billion."],
        ["The U.S. Senate and the U.K. agreed.", "So did Mr. Xi and Dr. No."],
        ["“It’s great!” he said.", "“Really?” Mr. Smith asked.", "Yes."],
        ["He left at 8 a.m. Monday.", "She came at 9 p.m.", "The end."],
        ["On Nov. 1 they met.", "Say no.", "See No. 5."],
        ["Wait...", "Then he left."],
        ["He said “one … Two.”", "Four (see p. 4. It is there.) end.", "Five."],
        ["1. First point.", "2. Second point."],
        ["He paused . . . and went on.", "Four dots....", "Next."],
        ["It rose 3.5%.", "What?!", "Visit example.com today.", "They won.[1]", "Next"],
        ["« Oui.\u00a0»", "Elle partit."],
        ["„Ja.“", "Er ging."],
        ["Сказал В. В. Путин.", "Потом ушёл."],
        ["هل هذا صحيح؟", "نعم.", "د. محمد قال ذلك.", "انتهى۔", "اور"],
        ["כך אמר השר.", "הוא הלך."],
    ],
    ids=lambda s: s[0][:12],
)
def test_sentences_end_where_a_reader_ends_them(sentences):
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["我去。", "他说：“好的。”他走了。", "你好！", "真的吗？"],
        ["「行く。」と述べた。", "終わり。"],
        ["यह एक है।", "वह दो है।", "तीन।"],
    ],
    ids=["chinese", "japanese", "hindi"],
)
def test_some_scripts_need_no_space_after_the_stop(sentences):
    assert split("".join(sentences)) == sentences


def test_paragraph_ids_grow_past_ninety_nine():
    hundred, more = Article("a\n" * 100), Article("\n\n".join(["One. Two."] * 200))
    assert (hundred.paragraphs[-1].id, more.paragraphs[0].id) == ("P99", "P000")
    assert more.sentence("P199.S2").text == "Two."


def test_one_line_article():
    assert [s.id for s in Article("Just one line").sentences] == ["P00.S1"]


def test_byte_order_mark_is_left_off_and_crlf_stays(tmp_path):
    path = tmp_path / "article.txt"
    path.write_bytes("\ufeffHead\r\n\r\nBody.\r\n".encode())
    article = Article.load(path)
    assert article.text == "Head\r\n\r\nBody.\r\n"
    assert (article.paragraph("P01").start, article.paragraph("P01").text) == (8, "Body.")


@pytest.mark.parametrize(
    ("content", "piece"),
    [
        (b"caf\xe9", "not UTF-8 at byte 3; save it as UTF-8"),
        ("text".encode("utf-16"), "UTF-16; save it as UTF-8"),
        (b"", "no text in it"),
        ("\u200b\n \n\u200f\n".encode(), "no text in it"),
    ],
)
def test_unreadable_articles_are_refused(tmp_path, content, piece):
    path = tmp_path / "article.txt"
    path.write_bytes(content)
    with pytest.raises(ArticleError, match=piece):
        Article.load(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ArticleError, match="gone.txt: cannot be read"):
        Article.load(tmp_path / "gone.txt")


def test_unknown_ids_are_refused_with_the_nearest(article):
    with pytest.raises(ArticleError, match=r"no part 'P03.S9'; parts run to P14.S1; did you mean"):
        article.sentence("P03.S9")
    with pytest.raises(ArticleError, match="P03 is a paragraph; its first sentence is P03.S1"):
        article.sentence("P03")


def test_locate_gives_both_selectors(article):
    found = article.locate("pull-aside")
    assert found.text_position == {"type": "TextPositionSelector", "start": found.start, "end": found.start + 10}
    assert found.text_quote == {
        "type": "TextQuoteSelector",
        "exact": "pull-aside",
        "prefix": "ferred to the Trump-Xi meeting as a “"[-32:],
        "suffix": ",” suggesting it is not a formal negotiation"[:32],
    }


@pytest.mark.parametrize(
    ("typed", "exact"),
    [
        ("agreement with China ... It'll be great", "agreement with China … It’ll be great"),
        ('"pull-aside,"', "“pull-aside,”"),
        ("diminish China's  control\n over", "diminish China’s control over"),
        ("diminish\u00a0China’s", "diminish China’s"),
    ],
)
def test_marks_and_spaces_are_treated_alike_and_given_back_as_printed(article, typed, exact):
    found = article.locate(typed)
    assert found.exact == exact == article.text[found.start : found.end]


@pytest.mark.parametrize("changed", ["Pull-aside", "pull-asides,”", "China .. It’ll", "Chinas control"])
def test_case_and_letters_are_never_treated_alike(article, changed):
    with pytest.raises(QuoteError, match="quote not found"):
        article.locate(changed)


def test_an_ellipsis_is_not_cut_in_two(article):
    with pytest.raises(QuoteError, match="not found"):
        article.locate("China ..")


def test_missing_quotation_shows_the_nearest_passage(article):
    with pytest.raises(QuoteError, match='quote not found in P08.S1; nearest is "not a formal negotiation"'):
        article.locate("not a formal negotiations", within="P08.S1")


def test_quotation_of_another_sentence_says_where_it_stands(article):
    with pytest.raises(QuoteError, match=r"not found in P08.S1; it stands elsewhere: P08.S2"):
        article.locate("quite lengthy meeting", within="P08.S1")


def test_ambiguous_quotation_shows_every_place():
    article = Article("Head\nA meeting now.\nThe meeting then. Late. Meeting? No meeting.")
    with pytest.raises(QuoteError, match=r"found 3 times in article: P01.S1 .*P02.S1 .*P02.S4 .*; lengthen it"):
        article.locate("meeting")


def test_nonsense_and_empty_quotations(article):
    with pytest.raises(QuoteError, match="nothing in it is near"):
        article.locate("zzzz qqqq", within="P00.S1")
    with pytest.raises(QuoteError, match="empty quotation"):
        article.locate(" \n")


def test_overlapping_places_are_ambiguous():
    with pytest.raises(QuoteError, match="found 2 times"):
        Article("aaa").locate("aa")


def test_a_letter_and_its_accent_are_not_cut_in_two():
    article = Article("Un cafe\u0301 noir.")
    with pytest.raises(QuoteError, match="not found"):
        article.locate("cafe")
    with pytest.raises(QuoteError, match="Unicode normalisation"):
        article.locate("café")


def test_context_is_lengthened_until_it_fits_one_place():
    line = "x" * 100 + " same words " + "y" * 100
    article = Article(f"A{line}\nB{line}")
    found = article.locate("same words", within="P01")
    assert found.start > article.paragraphs[0].end
    assert len(found.prefix) > 32
    assert article.text.count(found.prefix + found.exact + found.suffix) == 1


def test_offsets_count_code_points_beyond_the_basic_plane():
    found = Article("🙂🙂 tail.").locate("tail")
    assert (found.start, found.end, found.prefix) == (3, 7, "🙂🙂 ")


_PROSE = st.text(
    alphabet=st.sampled_from(list("abcABC123 .!?…“”\"'()。」「।؟\u00a0\u0301ع中,-[]")), max_size=80
)


@settings(deadline=None)
@given(_PROSE)
def test_sentences_tile_the_paragraph(text):
    spans = sentence_spans(text)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    gaps = [text[end:start] for end, start in zip(edges[::2], edges[1::2], strict=True)]
    assert not "".join(gaps).strip()
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)


@settings(deadline=None)
@given(st.lists(_PROSE, min_size=1, max_size=6))
def test_offsets_slice_back(lines):
    text = "\r\n".join(["Head.", *lines])
    article = Article(text)
    for part in (*article.paragraphs, *article.sentences):
        assert text[part.start : part.end] == part.text


@settings(deadline=None)
@given(st.data())
def test_every_passage_is_found_at_one_place_or_refused(data):
    text = "Head.\n" + data.draw(_PROSE)
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    article = Article(text)
    try:
        found = article.locate(quote)
    except QuoteError:
        return
    assert found.exact == text[found.start : found.end]
    whole = found.prefix + found.exact + found.suffix
    assert text.count(whole) == 1
    assert text.index(whole) + len(found.prefix) == found.start
