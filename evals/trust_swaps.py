"""One swap that makes a true claim false: of a number, a date or a name by one of another passage, or of a negation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evals.trust_reword import draw
from evals.trust_words import AFFIRMATIVE, AUXILIARIES, COUNTS, DEMONYMS, MONTHS, OPENINGS, PARTICIPLE_AUXILIARIES, PAST

_MONTH = "|".join(MONTHS)
_DATES = (
    ("day", re.compile(rf"\b(?:(?:{_MONTH}) \d{{1,2}}, \d{{4}}|\d{{1,2}} (?:{_MONTH}) \d{{4}}|\d{{4}}-\d\d-\d\d)\b")),
    ("month", re.compile(rf"\b(?:{_MONTH}) \d{{4}}\b")),
    (
        "year",
        re.compile(r"(?<![\d,.$£€-])(?:1[5-9]\d\d|20[0-2]\d)(?![\d,.]\d|[-%\w]| (?:patients|people|men|women|feet|miles|km))"),
    ),
)
_FIGURE = re.compile(r"(?<![\w.,/·-])(?<!\d )\d{1,3}(?:(?:,\d{3})+|\d?)(?:\.\d{1,3})?(?![\w/('-]|[.,·]\d| \d{3}\b)")
_COUNT = re.compile(rf"(?<![\w-])(?:{'|'.join(COUNTS[1:])})(?= [a-z])")
_NAME = re.compile(r"\b[A-Z][a-z]{2,}(?: [A-Z]\.)?(?: [A-Z][a-z]{2,}){0,3}\b")
_CODE = re.compile(
    r"(?<![\w./-])(?=[A-Za-z-]*[A-Z0-9][A-Za-z-]*[A-Z0-9])[A-Za-z][A-Za-z0-9]{0,6}(?:-[A-Z0-9][A-Z0-9]{0,4})?(?![\w/-]|\.\w)"
)
_PERSON = re.compile(
    r"\((?:born|\d{1,2} [A-Z]|[A-Z][a-z]+ \d)"
    r"|\b(?:is|was) an? [\w -]*(?:actor|actress|singer|writer|director|player|politician|author)"
)


@dataclass(frozen=True)
class Site:
    """A place in a claim that can be swapped: [start, end), and the type of what stands there."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Pool:
    """What a data set's passages hold to swap with: type to (passage, value) in the corpus's order; full names of persons; and
    the words that it writes in lower case, which are no names by themselves."""

    values: Mapping[str, Sequence[tuple[str, str]]]
    persons: frozenset[str]
    lower: frozenset[str]


Swap = Callable[[str, str, Pool, str], str]


def pool(passages: Sequence[tuple[str, str, str]], lower: frozenset[str]) -> Pool:
    """Collects the values of (id, title, text) passages, each once a passage."""
    persons = frozenset(
        _bare(title) for _, title, text in passages if _PERSON.search(text[:200]) and len(_bare(title).split()) in (2, 3)
    )
    values: dict[str, list[tuple[str, str]]] = {}
    for id, _, text in passages:
        sites = [*_dates(text), *_figures(text), *_names(text, persons, lower), *_codes(text, lower)]
        for type, value in sorted({(site.type, text[site.start : site.end]) for site in sites}):
            values.setdefault(type, []).append((id, value))
    return Pool(values, persons, lower)


def swap_number(claim: str, passage: str, pool: Pool, key: str) -> str:
    """Another passage's number of the same form and about the same size; the claim as it is where it has none."""
    return _exchange(claim, passage, pool, key, _figures(claim))


def swap_date(claim: str, passage: str, pool: Pool, key: str) -> str:
    """Another passage's date, as exact and in the same form; a year from within forty years."""
    return _exchange(claim, passage, pool, key, _dates(claim))


def swap_name(claim: str, passage: str, pool: Pool, key: str) -> str:
    """Another passage's name: a person's for a person's, a people's for a people's, a code's for a code's."""
    sites = [*_codes(claim, pool.lower), *_names(claim, pool.persons, pool.lower)]
    titles = [site for site in sites if site.type in {"person", "people", "code", "acronym"}]
    return _exchange(claim, passage, pool, key, titles or sites)


def negate(claim: str, passage: str, pool: Pool, key: str) -> str:
    """The claim with a negation put in."""
    auxiliary = re.finditer(rf"\b(?:{'|'.join(AUXILIARIES)})\b(?! not\b|n't| to\b| no\b| reported that)", claim)
    perfect = re.finditer(rf"\b(?:{'|'.join(PARTICIPLE_AUXILIARIES)})(?= (?:been|\w+ed)\b)", claim)
    past = re.finditer(
        rf"(?<=[a-z] )(?<!\bwas )(?<!were )(?<!been )(?<! is )(?<! are )(?<!and )(?:{'|'.join(PAST)})\b(?! by\b)", claim
    )
    changes = [f"{claim[: one.end()]} not{claim[one.end() :]}" for one in (*auxiliary, *perfect)]
    changes += [f"{claim[: one.start()]}did not {PAST[one.group()]}{claim[one.end() :]}" for one in past]
    return draw(changes, "negate", key) if changes else claim


def affirm(claim: str, passage: str, pool: Pool, key: str) -> str:
    """The claim with a negation taken out."""
    if re.search(r"(?:\bnot|n't) (?:only|just|merely)\b|\bwhether or not\b|\bNo\. ?\d", claim):
        return claim
    changes = [re.sub("  +", " ", re.sub(form, into, claim, count=1)) for form, into in AFFIRMATIVE if re.search(form, claim)]
    return changes[0] if changes else claim


def _exchange(claim: str, passage: str, pool: Pool, key: str, sites: Sequence[Site]) -> str:
    able = [(site, other) for site in sites if (other := _others(claim, site, passage, pool))]
    if not able:
        return claim
    site, others = draw(able, "site", key)
    return claim[: site.start] + draw(others, "value", key) + claim[site.end :]


def _others(claim: str, site: Site, passage: str, pool: Pool) -> list[str]:
    old = claim[site.start : site.end]
    options = [value for id, value in pool.values.get(site.type, ()) if id != passage and value != old]
    if site.type == "year":
        return [value for value in options if abs(int(value) - int(old)) <= 40]
    return options if site.type != "person" else [value for value in options if not set(value.split()) & set(old.split())]


def _dates(text: str) -> list[Site]:
    taken: list[Site] = []
    for type, pattern in _DATES:
        for match in pattern.finditer(text):
            if not any(site.start < match.end() and match.start() < site.end for site in taken):
                form = re.sub(r"[A-Za-z]+", "M", re.sub(r"\d{1,2}(?!\d)", "d", match.group())) if type == "day" else ""
                taken.append(Site(match.start(), match.end(), type + form))
    return taken


def _figures(text: str) -> list[Site]:
    dates = _dates(text)
    found = [match for match in _FIGURE.finditer(text) if not any(site.start <= match.start() < site.end for site in dates)]
    alone = [match for match in found if not re.search(rf"(?:{_MONTH}|No\.|[A-Z]\w+) $", text[: match.start()])]
    return [
        *(Site(one.start(), one.end(), _shape(one.group(), text[one.end() : one.end() + 9])) for one in alone),
        *(Site(one.start(), one.end(), "count") for one in _COUNT.finditer(text)),
    ]


def _shape(figure: str, behind: str) -> str:
    """How a figure is written and how long it is."""
    share = "%" if re.match(r" ?(?:%|percent)", behind) else ""
    return f"{len(figure.split('.')[0].replace(',', ''))}{',' if ',' in figure else ''}{'.' if '.' in figure else ''}{share}"


def _names(text: str, persons: frozenset[str], lower: frozenset[str]) -> list[Site]:
    sites: list[Site] = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        if words[0] in OPENINGS or set(words) & set(MONTHS) or (len(words) == 1 and words[0].lower() in lower):
            continue
        opens = match.start() == 0 or text[: match.start()].rstrip().endswith((".", "!", "?"))
        if match.group() in persons:
            sites.append(Site(match.start(), match.end(), "person"))
        elif len(words) == 1 and words[0] in DEMONYMS:
            sites.append(Site(match.start(), match.end(), "people"))
        elif len(words) > 1 or not opens:
            where = "place" if re.search(r"\b(?:in|near|at|from|of) $", text[: match.start()]) else "name"
            sites.append(Site(match.start(), match.end(), f"{where} of {len(words)}"))
    return sites


def _codes(text: str, lower: frozenset[str]) -> list[Site]:
    found = (
        match for match in _CODE.finditer(text) if not re.fullmatch(r"[A-Z]{6,}|AND|THE|FOR|OR|IN|OF|TO|WITH|NOT", match.group())
    )
    found = (match for match in found if match.group().lower() not in lower)
    return [Site(one.start(), one.end(), "code" if re.search(r"\d", one.group()) else "acronym") for one in found]


def _bare(title: str) -> str:
    return re.sub(r"\s*\([^()]*\)", "", title)
