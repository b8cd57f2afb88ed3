"""Questions that a corpus can be asked first, made of its own titles and first sentences, without a model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

from agent.extraction.mentions import bare, key, mentions
from retrievers.index import Index
from retrievers.partition import Partition
from retrievers.printable import one_line, printable

MOST = 4
_SAMPLE, _OPENING = 300, 900
_TITLE = re.compile(r"[\w][\w .,'’&–-]{1,58}[\w.]")
_COPULA = re.compile(r"\b(is|was|are|were)\s+(?:an?|the|one of|among)\s")
_ASIDE = re.compile(r"\s*\([^()]*\)|,[^,]*,")
_LIVED = re.compile(r"\(\s*(?:born |c\. )?[^()]*\b1[0-9]{3}\b[^()]*\)|\bborn\b|\bwho\b")
_PRONOUN = re.compile(r"[.!?]\s+(?:He|She)\s")
_EVENT = re.compile(
    r"(?:^|[.!?]\s)(?:It|He|She|{subject})\s+was\s+(?:first\s+)?(born|founded|discovered|launched|built|completed|opened|established)\b"
    r"(?P<rest>[^.;]{0,60}?)\b(?P<year>1[0-9]{3}|20[0-9]{2})\b"
)
_MAKER = re.compile(
    r"(?:^|[.!?]\s)(?:It|{subject})\s+was\s+(?:first\s+)?(founded|discovered|built|established|invented)\b[^.;]{0,60}?\bby\s+[A-Z]"
)
_SHORTENED = re.compile(r"\b([A-Za-z][\w-]+(?: [\w-]+){1,4}) \(([A-Z]{2,6})\)")


@dataclass(frozen=True)
class Topic:
    """What a document is about: its name as a question writes it, a person or not, `was` or `is`, a dated event of it, and what
    somebody who is named did to it."""

    name: str
    person: bool
    verb: str
    event: str = ""
    year: int = 0
    deed: str = ""


def questions(index: Index, reader: str | None) -> tuple[str, ...]:
    """Up to four questions of what `reader` may see, the same ones each time; none where nothing fits, and of an index in another
    language than English.

    >>> questions(Index.open("demo.index"), None)[0]
    'Who was Maria Mitchell?'
    """
    if index.settings.analyzer.language not in ("en", "none"):
        return ()
    parts = list(reversed(index.partitions(reader)))
    openings = [one for part in parts for one in _openings(part)]
    topics = [found for title, text in openings if (found := topic(title, text))]
    return tuple(_chosen(topics)[:MOST] or _phrases([text for _, text in openings])[:MOST])


def topic(title: str, text: str) -> Topic | None:
    """What a document is about, where its first sentence says what its title is; else None.

    >>> topic("Ceres", "Ceres is a dwarf planet. It was discovered in Palermo in 1801.")
    Topic(name='Ceres', person=False, verb='is', event='discovered', year=1801)
    """
    name = bare(one_line(title))
    if not _TITLE.fullmatch(name) or name != printable(name) or not any(letter.isupper() for letter in name):
        return None
    body = _body(text, title)
    copula = _COPULA.search(body)
    if copula is None or re.search(r"[.!?]\s", body[: copula.start()]):
        return None
    subject = _ASIDE.sub("", body[: copula.start()]).strip(" ,")
    said, meant = key(subject).split(), key(name).split()
    if not meant or not set(meant) <= set(said) or len(said) > len(meant) + 2:
        return None
    lead = body[: body.find(". ", copula.end()) + 1 or len(body)]
    words = name.split()
    person = (
        2 <= len(words) <= 4
        and all(word[0].isupper() or len(word) <= 3 for word in words)
        and not any(char.isdigit() for char in name)
        and not re.match(r"The\b", subject)
        and (
            (bool(_LIVED.search(lead)) and bool(re.search(r"\b(?:He|She|he|she|his|her)\b", body)))
            or bool(_PRONOUN.match(body[len(lead) - 1 :]))
        )
    )
    article = re.match(r"(The|A|An)\s", subject)
    shown = f"{article[1].lower()} {name}" if article and not name.lower().startswith(("the ", "a ", "an ")) else name
    found, made = (re.search(one.pattern.replace("{subject}", re.escape(subject)), body) for one in (_EVENT, _MAKER))
    deed = made[1] if made and not person else ""
    return Topic(shown, person, copula[1], found[1] if found else "", int(found["year"]) if found else 0, deed)


def _chosen(topics: Sequence[Topic]) -> list[str]:
    """One of each kind of question while there are (who did it, what it is, which of two, when), each about something else;
    then who somebody was, and more of what things are."""
    pair = next(_pairs(topics), None)
    asked = (
        [f"{'Who' if pair[0].person else 'Which'} was {pair[0].event} first, {pair[0].name} or {pair[1].name}?"] if pair else []
    )
    left = [one for one in topics if one not in (pair or ())]
    kinds = (
        [(one, f"Who {one.deed} {one.name}?") for one in left if one.deed],
        [(one, f"What {one.verb} {one.name}?") for one in left if not one.person],
        [(one, f"When was {one.name} {one.event}?") for one in left if one.event],
        [(one, f"Who {one.verb} {one.name}?") for one in left if one.person],
    )
    used: set[str] = set()
    for kind in (*kinds, kinds[1], kinds[3]):
        one, question = next(((one, question) for one, question in kind if one.name not in used), (None, ""))
        if one is not None:
            used.add(one.name)
            asked.append(question)
    return asked


def _pairs(topics: Sequence[Topic]) -> Iterator[tuple[Topic, Topic]]:
    """Two of a kind to which the same happened, in different years."""
    for one, other in combinations([one for one in topics if one.event][:60], 2):
        if (one.person, one.event) == (other.person, other.event) and one.year != other.year and one.name != other.name:
            yield one, other


def _phrases(texts: Sequence[str]) -> list[str]:
    """Where titles say nothing: terms that are spelt out with their short form, then names that several documents hold."""
    spelt: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for text in texts:
        spelt.update({phrase for found in _SHORTENED.finditer(text) if (phrase := _spelt(found[1], found[2]))})
        names.update({one.text for one in mentions(text) if one.kind == "name" and 2 <= len(one.text.split()) <= 4})
    known = sorted(spelt, key=lambda phrase: (-spelt[phrase], phrase))[:MOST]
    often = sorted((name for name in names if names[name] > 1 and _TITLE.fullmatch(name)), key=lambda name: (-names[name], name))
    return [f"What is said about {phrase}?" for phrase in [*known, *often[: MOST - len(known)]]]


def _spelt(words: str, short: str) -> str:
    """The words that a short form stands for: as many as it has letters, each beginning with its own; else nothing."""
    last = words.split()[-len(short) :]
    fits = len(last) == len(short) and all(word[0].upper() == letter for word, letter in zip(last, short, strict=True))
    if fits and all(word.islower() for word in last[1:]) and last[0][1:].islower():
        last[0] = last[0].lower()  # the capital is the sentence's
    return f"{' '.join(last)} ({short})" if fits else ""


def _openings(part: Partition) -> list[tuple[str, str]]:
    """(title, first letters of the text) of some documents, spread evenly, in an order that has nothing to do with names."""
    size = len(part.document_ids)
    places = sorted({number * size // _SAMPLE for number in range(_SAMPLE)}) if size > _SAMPLE else list(range(size))
    titles = part.documents.column("title")
    ordered = sorted(places, key=lambda place: sha256(part.document_ids[place].encode()).digest())
    return [(str(titles[place].as_py()), part.texts.piece(place, 0, _OPENING)) for place in ordered]


def _body(text: str, title: str) -> str:
    """The text below its heading, on one line."""
    first, _, rest = text.partition("\n")
    return one_line(rest if first.strip(" #*") == title.strip() else text)
