"""A small real index with a public part and two owners, tiny seeded checkpoints, and a language model with a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from retrievers.base import Message, Query, Ranking, Reply, Stage
from retrievers.build import BuildSettings, build
from retrievers.corpus import ReadOptions
from retrievers.encoder import Encoder
from retrievers.index import Index

PUBLIC = [
    ("moons", "Jupiter", "In January 1610 Galileo saw four moons of Jupiter through his telescope.", "1610-01-07", "article"),
    ("rings", "Saturn", "Huygens explained that Saturn is surrounded by a thin flat ring.", "1655-03-25", "article"),
    ("copy", "Saturn", "Huygens explained that Saturn is surrounded by a thin flat ring.", "1656-01-01", "note"),
    ("gap", "Saturn", "Cassini found a dark gap in the rings of Saturn in 1675.", "1675-06-01", "article"),
    ("comet", "Halley", "Halley foretold that the comet of 1682 would return in 1758.", "1705-01-01", "article"),
    ("uranus", "Uranus", "Herschel discovered the planet Uranus in 1781 from his garden in Bath.", "1781-03-13", "article"),
    ("neptune", "Neptune", "Galle found Neptune in 1846 where Le Verrier had computed it.", "1846-09-23", "article"),
    ("ceres", "Ceres", "Piazzi came upon Ceres, the first asteroid, on the first day of 1801.", "1801-01-01", "note"),
    ("light", "Io", "Roemer measured the speed of light from the eclipses of Io.", "1676-11-22", "article"),
    ("gravity", "Principia", "Newton published the law of gravity in 1687.", "1687-07-05", "book"),
    ("pluto", "Pluto", "Clyde Tombaugh discovered Pluto in 1930 on photographic plates.", "1930-02-18", "article"),
    ("parallax", "61 Cygni", "Bessel measured the parallax of the star 61 Cygni in 1838.", "1838-12-01", "note"),
]
PRIVATE = [
    ("diary", "Diary", "My telescope showed four moons of Jupiter on Tuesday.", "alice"),
    ("moons", "Sketch", "A sketch of the moons of Jupiter, drawn by hand.", "alice"),
    ("plan", "Plan", "Sell the telescope and stop looking at moons of Jupiter.", "bob"),
    ("debt", "Debt", "Bob owes money for the rings of Saturn poster.", "bob"),
]


@dataclass(frozen=True)
class Fixed(Stage):
    """A stage that finds the same (id, score) pairs whatever is asked."""

    name: str
    found: tuple[tuple[str, float], ...]

    @property
    def label(self) -> str:
        return self.name

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        ids, scores = [id for id, _ in self.found], [score for _, score in self.found]
        return [Ranking.ranked(ranking.query, ids, scores, self.name) for ranking in batch]


@dataclass
class Scripted:
    """A language model that gives its replies in turn, or computes one from what it is sent; it keeps what it was asked."""

    replies: list[str] | Callable[[Mapping[str, Any]], Any]
    asked: list[tuple[str, str]] = field(default_factory=list)
    schemas: list[Mapping[str, Any] | None] = field(default_factory=list)
    causes: list[Query] = field(default_factory=list)

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply:
        self.asked.append((messages[0]["content"], messages[-1]["content"]))
        self.schemas.append(schema)
        self.causes.append(cause)
        if callable(self.replies):
            return Reply(json.dumps(self.replies(json.loads(messages[-1]["content"]))))
        return Reply(self.replies[len(self.asked) - 1])


@dataclass(frozen=True)
class Shelf:
    """As much of an index as a scorer needs: the text of an item."""

    texts: Mapping[str, str] = field(hash=False)

    def find(self, ids: Sequence[str], user: str | None = None) -> list[Any]:
        return [Read(self.texts[id]) for id in ids]


@dataclass(frozen=True)
class Read:
    """An item's text."""

    searchable: str


@pytest.fixture(scope="session")
def fixed() -> type[Fixed]:
    return Fixed


@pytest.fixture(scope="session")
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture(scope="session")
def shelf() -> type[Shelf]:
    return Shelf


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Twelve public records, two of alice's and two of bob's, as passages and documents, and as turns and windows of sessions
    of four, in float32."""
    home = tmp_path_factory.mktemp("library")
    rows = [dict(zip(("id", "title", "text", "date", "type"), one, strict=True)) | {"user": None} for one in PUBLIC]
    rows += [dict(zip(("id", "title", "text", "user"), one, strict=True)) for one in PRIVATE]
    rows = [row | {"conversation": row["user"] or "sky", "session": place // 4} for place, row in enumerate(rows)]
    public, private = home / "public.jsonl", home / "private.jsonl"
    public.write_text("".join(json.dumps(row) + "\n" for row in rows if row["user"] is None), "utf-8")
    private.write_text("".join(json.dumps(row) + "\n" for row in rows if row["user"] is not None), "utf-8")
    settings = BuildSettings(units=("passage", "document", "turn", "window"), encoder=Encoder(dtype="float32", device="cpu"))
    build([public, private], home / "index", settings, ReadOptions(owner_field="user"))
    return Index.open(home / "index")


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """A tiny seeded BERT sequence classifier with so many labels."""

    @cache
    def made(labels: int) -> Path:
        import torch
        from transformers import BertConfig, BertForSequenceClassification

        folder = tmp_path_factory.mktemp(f"classifier{labels}") / "tiny-bert"
        tokenizer = _tokenizer("[CLS] $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", ["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
        tokenizer.save_pretrained(folder)
        torch.manual_seed(labels)
        size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
        config = BertConfig(vocab_size=len(tokenizer), **size, max_position_embeddings=96, num_labels=labels, pad_token_id=0)
        _loud(BertForSequenceClassification(config)).save_pretrained(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def tiny_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny seeded T5 whose vocabulary has the pieces true and false."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    folder = tmp_path_factory.mktemp("t5") / "tiny-t5"
    tokenizer = _tokenizer("$A </s>", "$A </s> $B </s>", ["<pad>", "</s>", "<unk>"], prefix="▁")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(5)
    size = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}
    special = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}
    config = T5Config(vocab_size=len(tokenizer), **size, **special)
    T5ForConditionalGeneration(config).eval().save_pretrained(folder)
    return folder


def _tokenizer(single: str, pair: str, special: Sequence[str], prefix: str = "") -> Any:
    """A tokenizer of whole words, over the words of the library and of the prompts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    text = " ".join(f"{title} {text}" for _, title, text, *_ in [*PUBLIC, *PRIVATE])
    words = [*sorted({word.strip(".,") for word in text.split()}), "Query:", "Document:", "Relevant:", "true", "false"]
    vocabulary = {word: number for number, word in enumerate([*special, *(prefix + word for word in words)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=next(word for word in special if "unk" in word.casefold())))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace() if prefix else pre_tokenizers.WhitespaceSplit()
    used = [(word, vocabulary[word]) for word in special if word in single]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=used)
    names = {f"{name}_token": word for word in special for name in ("pad", "unk", "cls", "sep") if name in word.casefold()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)


def _loud(model: Any) -> Any:
    """Weights ten times as large: with the initial ones all texts would score nearly the same."""
    import torch

    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                weights.mul_(10)
    return model.eval()
