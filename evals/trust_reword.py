"""Rules that say a sentence again in other words without changing what it says. They know nothing of how a claim is verified."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from evals.trust_words import ACTIVE, ADVERBS, CONTRACTIONS, COUNTS, LOWERABLE, MONTHS, PREFIXES, SYNONYMS

_MONTH = "|".join(MONTHS)
_LEAD = re.compile(r"^(In|On|During|After|Since|Between|From|At|By) ([^,;:()]{2,60}), ([^;:]+?)([.!?])$")
_TAIL = re.compile(r"^([^;:]{20,}?),? (in|since|during) ((?:[A-Z][a-z]+ )?\d{4})([.!?])$")
_AMERICAN = re.compile(rf"\b({_MONTH}) (\d{{1,2}}), (\d{{4}})\b")
_BRITISH = re.compile(rf"\b(\d{{1,2}}) ({_MONTH}) (\d{{4}})\b")
_TAIL_CLAUSE = re.compile(r"^([^()]{30,}?), (?:which|who|where|whereas|although|while) [^()]+([.!?])$")
_PASSIVE = re.compile(rf"^([^,;:()]{{4,60}}?) (?:is|was) ({'|'.join(ACTIVE)}) by ([^,;:()]{{3,60}}?)([.])$")

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What a rule may know: the passage's title, the words that its data set writes in lower case, and a key for its choices."""

    title: str
    lower: frozenset[str]
    key: str


Rule = Callable[[str, Context], str]


def draw(options: Sequence[T], *key: object) -> T:
    """One of the options, by the SHA-256 of the key: the same on every machine."""
    return options[int(sha256(repr(key).encode()).hexdigest(), 16) % len(options)]


def reword(sentence: str, context: Context, most: int = 3) -> tuple[str, tuple[str, ...]]:
    """A sentence said again by one to `most` of the rules that can change it, in the rules' order, and the rules' names. Half of
    them, and all that no rule can change, also get an opening.

    >>> reword("In 1990, she won two prizes.", Context("Ann Lee", frozenset(), "7"))[1]
    ('number_word', 'lead_last')
    """
    able = [rule for rule in RULES if rule(sentence, context) != sentence]
    count = draw(range(1, most + 1), "count", context.key)
    chosen = sorted(able, key=lambda rule: sha256(f"{context.key}/{rule.__name__}".encode()).digest())[:count]
    opened = [prefix] if not chosen or draw((True, False), "opened", context.key) else []
    used: list[str] = []
    for rule in [*(one for one in RULES if one in chosen), *opened]:
        changed = rule(sentence, context)
        used += [rule.__name__] if changed != sentence else []
        sentence = changed
    return sentence, tuple(used)


def lead_last(text: str, context: Context) -> str:
    """In 1990, she won. -> She won in 1990."""
    match = _LEAD.match(text)
    if match is None:
        return text
    word, rest, main, end = match.groups()
    return f"{main[0].upper()}{main[1:]} {word.lower()} {rest}{end}"


def tail_first(text: str, context: Context) -> str:
    """She won in 1990. -> In 1990, she won."""
    match = _TAIL.match(text)
    if match is None:
        return text
    main, word, when, end = match.groups()
    return f"{word.capitalize()} {when}, {_lowered(main, context)}{end}"


def drop_parenthesis(text: str, context: Context) -> str:
    """Leaves out what stands in round brackets."""
    return re.sub(r"\s+([,.;])", r"\1", re.sub(r"\s+\([^()]*\)(?!\w)", "", text))


def drop_last_clause(text: str, context: Context) -> str:
    """Leaves out a relative or contrasting clause at the end."""
    match = _TAIL_CLAUSE.match(text)
    return text if match is None else match.group(1) + match.group(2)


def drop_second_clause(text: str, context: Context) -> str:
    """Leaves out what a comma and an "and" or "but" with its own subject add."""
    return re.sub(r"^([^()]{40,}?), (?:and|but) (?:he|she|it|they|the|we|this) [^()]+([.!?])$", r"\1\2", text)


def passive_active(text: str, context: Context) -> str:
    """The film was directed by Ann Lee. -> Ann Lee directed the film."""
    match = _PASSIVE.match(text)
    if match is None:
        return text
    what, verb, who, end = match.groups()
    return f"{who[0].upper()}{who[1:]} {ACTIVE[verb]} {_lowered(what, context)}{end}"


def who_clause(text: str, context: Context) -> str:
    """Ann Lee is an American actress who won a prize. -> American actress Ann Lee won a prize."""
    match = re.match(
        r"^([A-Z][\w'. -]{4,40}) (?:is|was) an? ([\w -]{4,60}) who ((?:is|was|has|had|played|won|served|worked|appeared) .*)$",
        text,
    )
    return text if match is None else f"{match.group(2)[0].upper()}{match.group(2)[1:]} {match.group(1)} {match.group(3)}"


def drop_adverb(text: str, context: Context) -> str:
    """Leaves out one adverb."""
    return re.sub(
        rf" (?:{'|'.join(ADVERBS)})(?= [a-z])|^(?:{'|'.join(word.capitalize() for word in ADVERBS)}), ", "", text, count=1
    )


def synonyms(text: str, context: Context) -> str:
    """Up to three words of the table by their synonyms."""
    return re.sub(rf"\b(?:{'|'.join(SYNONYMS)})\b", lambda match: SYNONYMS[match.group()], text, count=3)


def contraction(text: str, context: Context) -> str:
    """did not -> didn't."""
    return re.sub(rf"\b(?:{'|'.join(CONTRACTIONS)})\b", lambda match: CONTRACTIONS[match.group()], text)


def failed_to(text: str, context: Context) -> str:
    """did not show -> failed to show."""
    return re.sub(r"\bdid not (?=[a-z])(?!have|differ|appear)", "failed to ", text, count=1)


def other_date_order(text: str, context: Context) -> str:
    """March 10, 1787 -> 10 March 1787, and the reverse."""
    if _AMERICAN.search(text):
        return _AMERICAN.sub(r"\2 \1 \3", text)
    return _BRITISH.sub(r"\2 \1, \3", text)


def iso_date(text: str, context: Context) -> str:
    """March 10, 1787 -> 1787-03-10."""
    text = _AMERICAN.sub(lambda m: f"{m.group(3)}-{MONTHS.index(m.group(1)) + 1:02}-{int(m.group(2)):02}", text)
    return _BRITISH.sub(lambda m: f"{m.group(3)}-{MONTHS.index(m.group(2)) + 1:02}-{int(m.group(1)):02}", text)


def number_form(text: str, context: Context) -> str:
    """1,200 -> 1200; 5 % -> 5 percent; 1.2 million -> 1,200,000."""
    text = re.sub(r"\b\d{1,3}(?:,\d{3})+\b", lambda m: m.group().replace(",", ""), text)
    text = re.sub(r"(?<=\d) ?%(?!\w)", " percent", text)
    return re.sub(r"\b(\d{1,3}\.\d) million\b", lambda m: f"{round(float(m.group(1)) * 1e6):,}", text)


def number_word(text: str, context: Context) -> str:
    """three children -> 3 children, and 5 children -> five children."""
    spelt = re.sub(
        rf"(?<![\w-])(?<!ty )(?<!and )(?<!hundred )(?:{'|'.join(COUNTS[1:])})(?= [a-z])",
        lambda m: str(COUNTS.index(m.group()) + 1),
        text,
        count=1,
    )
    if spelt != text:
        return spelt
    return re.sub(r"(?<=[a-z] )([2-9]|1[0-2])(?= [a-z]{4,})(?! million)", lambda m: COUNTS[int(m.group()) - 1], text, count=1)


def turn_pair(text: str, context: Context) -> str:
    """growth and survival -> survival and growth, for two words of one ending before a pause."""
    return re.sub(r"(?<=[a-z] )([a-z]{4,}(s|ed|ing|al|ic)) and ([a-z]{4,}\2)(?=[.,;])", r"\3 and \1", text, count=1)


def name_subject(text: str, context: Context) -> str:
    """It is a film. -> Demon Dice is a film."""
    title = re.sub(r"\s*\([^()]*\)", "", context.title)
    return re.sub(r"^(?:He|She|It) (?=(?:is|was|has|had|won|served|played|began|stars|became) )", f"{title} ", text)


def prefix(text: str, context: Context) -> str:
    """An opening such as "According to the passage,"."""
    return draw(PREFIXES, "prefix", context.key) + _lowered(text, context)


def _lowered(text: str, context: Context) -> str:
    """The text with a small first letter, where its first word is one that is written so."""
    first = re.match(r"[A-Za-z]+", text)
    word = first.group() if first else ""
    titled = text[len(word) : len(word) + 2].strip().isupper()
    small = word.lower() in LOWERABLE or (word.istitle() and len(word) > 3 and word.lower() in context.lower and not titled)
    return text[:1].lower() + text[1:] if small else text


RULES: tuple[Rule, ...] = (
    drop_parenthesis, drop_last_clause, drop_second_clause, name_subject, passive_active, who_clause, drop_adverb, synonyms,
    contraction, failed_to, number_form, number_word, turn_pair, iso_date, other_date_order, lead_last, tail_first,
)  # fmt: skip
