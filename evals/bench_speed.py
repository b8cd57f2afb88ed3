"""Speed against the plain thing that does the same work: each ratio from one run, both sides in turns."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.datasets import Dataset
from evals.figures import Figure, Spread, side_by_side
from evals.indexes import SETTINGS, place
from evals.synthetic import passages, questions, vocabulary, write_corpus
from retrievers.batches import batches, filled, tensors
from retrievers.build import BuildSettings, build
from retrievers.checkpoints import device
from retrievers.corpus import ReadOptions
from retrievers.dense import BLOCK, Dense
from retrievers.encoder import Encoder
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.lexical import BM25

TOP = 10
_WORDS, _TERMS = 60, 6
_LEXICAL = BuildSettings(encoder=None, keep=False)


def lexical(count: int, aside: Path, repeats: int) -> list[Figure]:
    """BM25 against rank-bm25 over the same terms of `count` synthetic passages of 60 words: queries of 6 words, top 10.

    Both sides turn a text into terms and give ids; ours also opens no file again, checks scope and writes the trail.
    """
    from rank_bm25 import BM25Okapi

    names = vocabulary()
    write_corpus(aside / "zipf.jsonl", passages(count, _WORDS, names))
    build([aside / "zipf.jsonl"], aside / "zipf.index", _LEXICAL)
    index = Index.open(aside / "zipf.index")
    terms = index.settings.analyzer.terms
    unit = index.visible(None, "passage")[0]
    reference = BM25Okapi([terms(text) for text in unit.texts()])
    asked = questions(repeats + 1, _TERMS, names)

    def plain(turn: int) -> list[str]:
        scores = reference.get_scores(terms(asked[turn]))
        return [unit.ids[row] for row in np.argsort(-scores)[:TOP]]

    figures: list[Figure] = []
    for depth in (TOP, 1000):
        stage = BM25(index, depth=depth)
        _warm(lambda turn, stage=stage: stage.search(asked[turn], TOP), plain, repeats)
        ours, theirs = side_by_side(lambda turn, stage=stage: stage.search(asked[turn], TOP), plain, repeats)
        bound = 50.0 if depth == TOP else None
        figures.append(_faster(f"bm25 over rank-bm25, {count} passages, depth {depth}", ours, theirs, at_least=bound))
    return figures


def exact_scan(index: Index, repeats: int) -> Figure:
    """Dense's exact search of the top 10 against the bare product over the same blocks of the same mapped vectors."""
    import torch

    stage = Dense(index)
    vectors = index.visible(None, "passage")[0].vectors
    queries = torch.from_numpy(np.array(vectors[:: max(len(vectors) // (repeats + 1), 1)][: repeats + 1]))

    def bare(turn: int) -> NDArray[np.float32]:
        query = queries[turn].numpy()
        return np.concatenate([vectors[start : start + BLOCK] @ query for start in range(0, len(vectors), BLOCK)])

    def ours(turn: int) -> object:
        return stage.nearest(queries[turn], TOP)

    _warm(ours, bare, repeats)
    return _slower(f"dense exact scan, {len(vectors)} x {vectors.shape[1]}", *side_by_side(ours, bare, repeats), at_most=1.5)


def indexing(dataset: Dataset, cache: Path, aside: Path, count: int | None = None) -> Figure:
    """Indexing a corpus against the bare fixed-shape encoder loop over the same texts, chunk by chunk in turns.

    The build tells its progress after each chunk of passages; the bare loop then encodes that chunk, and its time is taken
    out of the build's. Loading the model, parsing, counting, hashing and syncing are in the build's time. `count` takes the
    first records alone, too few to hold a bound on. A whole corpus's index goes to the cache.
    """
    source = dataset.corpus if count is None else _head(dataset.corpus, aside / "head.jsonl", count)
    build([source], aside / "texts.index", _LEXICAL)
    texts = list(Index.open(aside / "texts.index").visible(None, "passage")[0].texts())
    side = _Bare(Encoder(), texts)
    started, used = time.perf_counter(), time.process_time()
    report = build([source], aside / "timed.index", SETTINGS, progress=side)
    whole, used = time.perf_counter() - started - side.seconds, time.process_time() - used - side.cpu
    if report.encoded != len(texts) or side.done != len(texts):
        raise FathomError(f"{report.encoded} of {len(texts)} texts were encoded, {side.done} by the bare loop", "all by both")
    if count is None:
        _adopt(aside / "timed.index", place(dataset, cache, SETTINGS, ReadOptions()))
    detail = {
        "passages": len(texts),
        "seconds": round(whole, 1),
        "bare": round(side.seconds, 1),
        "by CPU time": round(used / side.cpu, 3),
        "chunk by chunk": str(Spread.of(side.ratios)),
    }
    name = f"indexing {dataset.name} over the bare encoder loop"
    return Figure(name, round(whole / side.seconds, 3), "times", at_most=1.15 if count is None else None, detail=detail)


class _Bare:
    """The bare loop, as a build's progress: fixed shapes, mean pooling, unit length, nothing else."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        import torch
        from transformers import AutoModel

        self.texts, self.encoder, self.device = texts, encoder, device("auto")
        self.batch = 64 if self.device == "cuda" else 4
        model: Any = AutoModel.from_pretrained(encoder.folder, dtype=getattr(torch, encoder.precision))
        self.model = model.eval().to(self.device)
        self.seconds, self.cpu, self.done = 0.0, 0.0, 0
        self.ratios: list[float] = []
        self._since = 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """After a chunk: encode the same one."""
        if step == "encode" and done > self.done:
            theirs = time.perf_counter() - self._since
            started, used = time.perf_counter(), time.process_time()
            self._encode(self.texts[self.done : done])
            spent = time.perf_counter() - started
            self.seconds, self.cpu = self.seconds + spent, self.cpu + time.process_time() - used
            self.done = done
            if self._since:
                self.ratios.append(theirs / spent)
        self._since = time.perf_counter()

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import torch

        encoded = self.encoder.tokenizer.encode_batch(list(texts))
        out = np.zeros((len(texts), self.encoder.dimension), np.float32)
        for rows, width in batches([len(one.ids) for one in encoded], self.batch, self.encoder.max_length):
            padded = tensors([encoded[row].ids for row in filled(rows, self.batch)], width, 0)
            ids, mask = (one.to(self.device) for one in padded)
            with torch.inference_mode():
                states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            kept = mask.unsqueeze(-1).float()
            pooled = torch.nn.functional.normalize((states * kept).sum(1) / kept.sum(1), dim=1)
            out[rows] = pooled[: len(rows)].cpu().numpy()
        return out


def _warm(ours: Callable[[int], object], theirs: Callable[[int], object], turn: int) -> None:
    """One call each, with a query of its own: opening files and loading code is not what is compared."""
    ours(turn)
    theirs(turn)


def _faster(name: str, ours: Sequence[float], theirs: Sequence[float], at_least: float | None) -> Figure:
    detail = {"ours ms": str(_ms(ours)), "theirs ms": str(_ms(theirs))}
    return Figure(name, Spread.of(theirs).median / Spread.of(ours).median, "times", at_least=at_least, detail=detail)


def _slower(name: str, ours: Sequence[float], theirs: Sequence[float], at_most: float) -> Figure:
    detail = {"ours ms": str(_ms(ours)), "theirs ms": str(_ms(theirs))}
    return Figure(name, Spread.of(ours).median / Spread.of(theirs).median, "times", at_most=at_most, detail=detail)


def _ms(seconds: Sequence[float]) -> Spread:
    return Spread.of([1000 * one for one in seconds])


def _head(corpus: Path, out: Path, count: int) -> Path:
    import gzip
    from itertools import islice

    with gzip.open(corpus, "rt", encoding="utf-8") if corpus.suffix == ".gz" else corpus.open(encoding="utf-8") as lines:
        out.write_text("".join(islice(lines, count)), "utf-8")
    return out


def _adopt(built: Path, home: Path) -> None:
    """Keep a built index as the cached one, unless there is one."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(built, home)
