"""Pairs of a true claim and its false twin, each with the span that the true one was reworded from.

A sentence of a gold passage is said again by fixed rules (`evals.trust_reword`); then one number, name or date is exchanged for
one of another passage, or a negation is put in or taken out (`evals.trust_swaps`). All choices follow from SHA-256 of fixed keys.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from evals.trust_reword import Context, reword
from evals.trust_swaps import Pool, Swap, affirm, negate, pool, swap_date, swap_name, swap_number

SEED = "trust-1"
KINDS = ("number", "name", "date", "negation")
SETS = {"scifact": ("queries_test.jsonl", "queries_train.jsonl"), "hotpotqa_train100": ("queries.jsonl",)}
_SWAPS: dict[str, tuple[Swap, ...]] = {
    "number": (swap_number,),
    "name": (swap_name,),
    "date": (swap_date,),
    "negation": (negate, affirm),
}


@dataclass(frozen=True)
class Passage:
    """A gold passage of a data set."""

    dataset: str
    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Pair:
    """A true claim and its swapped twin; the cited span is [start, end) of the passage, `change` the swap that was made."""

    kind: str
    passage: Passage
    start: int
    end: int
    true: str
    swapped: str
    rules: tuple[str, ...]
    change: str

    @property
    def id(self) -> str:
        """What it is made from."""
        return f"{self.passage.dataset}/{self.passage.id}/{self.start}-{self.end}/{self.kind}"

    @property
    def even(self) -> bool:
        """Whether the last bit of its id's SHA-256 is 0: such pairs are for development, the others for reporting."""
        return sha256(self.id.encode()).digest()[-1] % 2 == 0


def pairs(data: Path, each: int = 125) -> list[Pair]:
    """`each` pairs of every kind, half from either data set as far as it has them, the rest from the other.

    >>> len(pairs(Path("../shared/data")))
    500
    """
    made: list[Pair] = []
    offers = {name: (gold(data, name), _lower(data, name)) for name in SETS}
    pools = {name: pool([(one.id, one.title, one.text) for one in passages], lower) for name, (passages, lower) in offers.items()}
    used: set[tuple[str, int]] = set()
    for kind in KINDS:
        taken: set[str] = set()
        for place, way in enumerate(_SWAPS[kind]):
            found = [_made(kind, way, *offers[name], pools[name]) for name in SETS]
            made += _take(found, (each + place) // len(_SWAPS[kind]), used, taken)
    return made


def gold(data: Path, dataset: str) -> list[Passage]:
    """The passages that the data set's questions name, in the order of their ids."""
    wanted = {id for file in SETS[dataset] for row in rows(data / dataset / file) for id in row["supporting_ids"]}
    passages = (Passage(dataset, row["id"], row["title"], row["text"]) for row in _corpus(data, dataset) if row["id"] in wanted)
    return sorted(passages, key=lambda passage: passage.id)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from (cast("dict[str, Any]", json.loads(line)) for line in lines)


def _corpus(data: Path, dataset: str) -> Iterator[dict[str, Any]]:
    plain = data / dataset / "corpus.jsonl"
    return rows(plain if plain.exists() else plain.with_suffix(".jsonl.gz"))


def _lower(data: Path, dataset: str) -> frozenset[str]:
    return frozenset(word for row in _corpus(data, dataset) for word in re.findall(r"\b[a-z]{4,}\b", row["text"]))


def _made(kind: str, swap: Swap, passages: Sequence[Passage], lower: frozenset[str], values: Pool) -> Iterator[Pair]:
    """Every pair that can be made of one kind, in the order of the sentences' hashes."""
    spans = [(passage, *span) for passage in passages for span in _sentences(passage.text)]
    for passage, start, end in sorted(spans, key=lambda span: sha256(f"{SEED}/{kind}/{span[0].id}/{span[1]}".encode()).digest()):
        key = f"{SEED}/{kind}/{passage.id}/{start}"
        true, rules = reword(passage.text[start:end], Context(passage.title, lower, key))
        swapped = swap(true, passage.id, values, key)
        if rules and swapped != true:
            yield Pair(kind, passage, start, end, true, swapped, rules, swap.__name__)


def _take(sources: list[Iterator[Pair]], count: int, used: set[tuple[str, int]], passages: set[str]) -> list[Pair]:
    """`count` pairs in turn from the sources, no sentence twice (`used`) and no passage twice in a kind (`passages`)."""
    made: list[Pair] = []
    while sources and len(made) < count:
        source = sources.pop(0)
        one = next(
            (pair for pair in source if (pair.passage.id, pair.start) not in used and pair.passage.id not in passages), None
        )
        if one is not None:
            made.append(one)
            passages.add(one.passage.id)
            used.add((one.passage.id, one.start))
            sources.append(source)
    return made


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The [start, end) of the sentences of 6 to 60 words."""
    import sentencex

    for one in cast("Any", sentencex).get_sentence_boundaries("en", text):
        body = one["text"]
        start = one["start_index"] + len(body) - len(body.lstrip())
        if 6 <= len(body.split()) <= 60 and body.rstrip().endswith((".", "!", "?")):
            yield start, start + len(body.strip())
