"""Where sentences end: a small rule-based splitter for running news prose in any script.

In: one paragraph of text. Out: (start, end) spans that tile it, whitespace between them left out.
"""

import re

# Stops that end a sentence only before a space, as in Latin, Greek, Cyrillic, Hebrew and Arabic script.
_SPACED = ".!?…‽؟۔։።፧"
# Stops that end a sentence with or without a space after them: CJK, the dandas, Myanmar, Khmer.
_UNSPACED = "。！？｡।॥။។"
_CLOSERS = "\"'”’»«›‹)]}」』）】》〉］｝〕"
_OPENERS = "\"'“‘«»‹›„‚([{「『（【《〈［｛¿¡"
_STOP = re.compile(
    rf"(?P<stops>(?:\.(?: \.)+|[{_SPACED}{_UNSPACED}]+)[{_SPACED}{_UNSPACED}]*)"
    rf"(?P<closers>(?:[{re.escape(_CLOSERS)}]|[“‘](?=\s|$)|[\u00a0\u202f]»|\[\d+\])*)"
)
_BRACKETS = {"(": ")", "[": "]", "（": "）"}

def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A title stands before a name, so the stop after it never ends a sentence.
_TITLES = _set("""
    mr mrs ms mx messrs dr prof sen sens rep reps gov gen lt sgt capt cmdr adm maj hon rev fr mt
    sra srta dra mme mlle v vs cf डॉ
""")
# These stand before a number ("No. 5", "Nov. 1"); before anything else the stop may end the sentence.
_BEFORE_NUMBER = _set("""
    no nos p pp nr fig figs vol vols art sec ch ca approx
    jan feb mar apr jun jul aug sep sept oct nov dec
""")
# These can end a sentence or stand inside one ("in the U.S. The deal", "U.S. President").
_EITHER = _set("inc corp ltd co cos bros jr sr etc al est dept univ assn plc llc st ave blvd ft col pres")
_STARTERS = _set("""
    the a an in on at by for from of to with after before during since until under over he she it they we i
    you his her its their our this that these those there here who what when where why how but and or so yet
    however meanwhile moreover also still then thus instead although though while if as because not no once
    both each some many most several such another earlier later last next today yesterday tomorrow
""")
_SAID = re.compile(
    r"\s*(?:\S+\s+){1,3}(?:said|says|asked|asks|told|wrote|writes|added|adds|replied|answered|shouted|cried)\b"
)
_LAST_WORD = re.compile(r"[^\s\"'“”‘’«»()\[\]{}—–/]*\Z")
_WORD = re.compile(r"[\w’']+")
_LONGEST_ABBREVIATION = 40
_FURTHEST_BACK = 2000  # how far an open bracket or quotation mark is looked for
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_ELLIPSIS = re.compile(r"\.{3}|\.(?: \.)+|.*….*")


def _next_letter(text: str, at: int) -> str:
    """The first character from `at` that is neither space nor opening mark; empty at the end."""
    while at < len(text) and (text[at].isspace() or text[at] in _OPENERS):
        at += 1
    return text[at : at + 1]


def _inside_brackets(text: str, start: int, at: int) -> bool:
    """Whether a bracket opened since `start` is still open at `at` and closed later."""
    start, pairs = max(start, at - _FURTHEST_BACK), _BRACKETS.items()
    return any(text.count(o, start, at) > text.count(c, start, at) and text.find(c, at) >= 0 for o, c in pairs)


def _inside_quotation(text: str, start: int, at: int) -> bool:
    """Whether a quotation mark opened since `start` is still open at `at`."""
    start = max(start, at - _FURTHEST_BACK)
    curly = text.count("“", start, at) > text.count("”", start, at)
    return curly or text.count('"', start, at) % 2 == 1


def _abbreviated(text: str, start: int, stop: int, after: int) -> bool:
    """Whether the single full stop at `stop` marks an abbreviation, an initial or a list number."""
    word = _LAST_WORD.search(text[max(start, stop - _LONGEST_ABBREVIATION) : stop]).group()
    following = _WORD.search(text, after)
    following = following.group().casefold() if following else ""
    if word.isdigit():
        return not text[start : stop - len(word)].strip()  # "1. The first point"
    bare = word.casefold().strip(".,;:")
    initial = len(bare) == 1 and bare.isalpha() and not word.islower()
    if not initial and bare in _BEFORE_NUMBER:
        return following[:1].isdigit()
    if bare in _TITLES:
        return True
    if initial or bare in _EITHER or _ACRONYM.fullmatch(bare):
        return following not in _STARTERS
    return False


def _ends(text: str, start: int, end: int, found: re.Match) -> bool:
    """Whether the stop `found` ends the sentence that began at `start`; `end` is where the text ends."""
    stops, closers, after = found["stops"], found["closers"], found.end()
    if after >= end:
        return True
    spaced = text[after].isspace()
    unspaced_stop = any(s in _UNSPACED for s in stops)
    if not spaced and not unspaced_stop:
        return False
    if not set(closers) & set(_BRACKETS.values()) and _inside_brackets(text, start, found.end("stops")):
        return False
    if unspaced_stop:
        # 「…。」と述べた: words that follow the closing mark at once belong to the same sentence.
        return spaced or not closers or text[after] in _OPENERS
    if _next_letter(text, after).islower():
        return False
    if _ELLIPSIS.fullmatch(stops):
        cut = found.start() == 0 or text[found.start() - 1].isspace()
        return not cut and (bool(closers) or not _inside_quotation(text, start, found.start()))
    if closers and stops[-1] in "?!" and _SAID.match(text, after):
        return False  # “Really?” Smith asked.
    return stops != "." or not _abbreviated(text, start, found.start(), after)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Split a paragraph into sentences.

    Rules, not a model: a stop ends a sentence when a space follows (no space is needed after a CJK stop or a
    danda), closing quotation marks and brackets go with it, and the next word does not begin in lower case.
    Not an end: the stop of an abbreviation or initial, a decimal point, a stop inside brackets that close
    later, and an ellipsis that marks a cut (a space before it, or inside a quotation). Where both readings are
    possible the text is left whole. Scripts without sentence marks (Thai) give one sentence a paragraph.

    Parameters
    ----------
    text : str
        One paragraph; any script. Offsets are Unicode code points.

    Returns
    -------
    list of (int, int)
        Start and end (excluded) of each sentence, in order; what lies between them is whitespace only.
        Empty for blank text.
    """
    spans, start = [], len(text) - len(text.lstrip())
    end = len(text.rstrip())
    for found in _STOP.finditer(text):
        if found.start() >= start and _ends(text, start, end, found):
            spans.append((start, found.end()))
            start = found.end()
            while start < end and text[start].isspace():
                start += 1
    if start < end:
        spans.append((start, end))
    return spans
