"""`fathom agentic`: how lexical and dense retrieval serve the queries that agents write, as issued and rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from retrievers.errors import UsageError
from ui.commands.options import Cache, Data, Endpoint, Json, Model
from ui.terminal.console import DONE, emit
from ui.terminal.meter import meter

if TYPE_CHECKING:
    from agent.settings import Settings
    from evals.datasets import Question
    from evals.replaying.issued import Issued
    from retrievers.base import Chat
    from retrievers.index import Index

_DATA, _PROTOCOL = "Data", "Protocol"


def agentic(
    dataset: Annotated[
        str | None,
        typer.Argument(
            help="A folder with corpus and queries, or its name under --data.", metavar="DATASET", show_default="the demo"
        ),
    ] = None,
    queries: Annotated[
        str | None, typer.Option(help="Which file of questions, where there are several.", metavar="FILE", rich_help_panel=_DATA)
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option(
            help="Run files of BrowseComp-Plus: search what their agent issued.",
            metavar="FOLDER",
            show_default="scripted queries",
            rich_help_panel=_DATA,
        ),
    ] = None,
    data: Data = None,
    cache: Cache = None,
    k: Annotated[int, typer.Option("-k", help="How many hits a search shows.", metavar="N", rich_help_panel=_PROTOCOL)] = 5,
    tokens: Annotated[
        int, typer.Option(help="How many tokens of a hit are shown.", metavar="N", rich_help_panel=_PROTOCOL)
    ] = 512,
    reranker: Annotated[str, typer.Option(help="none or maxsim.", metavar="NAME", rich_help_panel=_PROTOCOL)] = "none",
    depth: Annotated[int, typer.Option(help="How many hits are reranked.", metavar="N", rich_help_panel=_PROTOCOL)] = 50,
    endpoint: Endpoint = None,
    model: Model = None,
    as_json: Json = False,
) -> int:
    """Measure the gap between lexical and dense retrieval on queries as agents write them, before and after rewriting.

    Evidence recall is the share of a question's relevant documents that its searches showed. Without --runs the queries are
    written by a script from each question: quoted names, keywords, site:, OR. Without --endpoint the model that makes questions
    of them is a script too: both are fixed rules and no language model, so the table comes out the same everywhere.
    """
    from agent.settings import Settings
    from evals.agentic.gap import gap
    from evals.agentic.protocol import Protocol
    from ui.terminal.agentic import Heading
    from ui.terminal.agentic import agentic as tell

    protocol = Protocol(k=k, tokens=tokens, reranker=reranker, depth=depth)
    settings = Settings.load(cache=cache, data=data)
    with ExitStack() as held, meter({}, "questions", quiet=as_json) as progress:
        aside = Path(held.enter_context(TemporaryDirectory(prefix="fathom-agentic-")))
        corpus = _Corpus.of(dataset, queries, settings, aside)
        found = gap(protocol, _issued(corpus, runs, k), corpus.index, _chat(settings, endpoint, model), progress)
    heading = Heading(corpus.name, str(runs) if runs else "", model or "" if endpoint else "")
    emit({"dataset": corpus.name, "scripted": heading.scripted, **found.as_json()}) if as_json else tell(found, heading)
    return DONE


@dataclass(frozen=True)
class _Corpus:
    """What is asked of what."""

    name: str
    questions: Sequence[Question]
    index: Index

    @classmethod
    def of(cls, dataset: str | None, queries: str | None, settings: Settings, aside: Path) -> _Corpus:
        """A data set with its index from the cache, or the demo with one that is made `aside`."""
        from evals.agentic import demo
        from evals.datasets import load
        from evals.indexes import index_of

        if dataset is None:
            return cls("demo", demo.questions(), demo.index(aside / "demo.index"))
        loaded = load(dataset, data=settings.data, queries=queries)
        return cls(loaded.name, loaded.questions, index_of(loaded, settings.cache))


def _issued(corpus: _Corpus, runs: Path | None, k: int) -> list[Issued]:
    """What the agent of the run files issued, or the script writes."""
    from evals.agentic.recorded import issued
    from evals.agentic.scripted import issue
    from evals.formats.browsecomp import read_runs

    if runs is None:
        return [issue(one, k) for one in corpus.questions if one.relevant]
    asked = {one.id: one for one in corpus.questions}
    return [issued(record, asked[record.query_id], k=k) for record in read_runs(runs, asked)]


def _chat(settings: Settings, endpoint: str | None, model: str | None) -> Chat:
    """The model that makes questions of queries: the endpoint's, charged to no run, or the script."""
    from agent.llm import Client
    from evals.agentic.scripted import TemplateChat
    from evals.replaying.remembering import Remembering

    if endpoint is None and model is None:
        return TemplateChat()
    if endpoint is None or model is None:
        raise UsageError("a model without its endpoint, or the other way round", "both", "--endpoint URL --model NAME")
    return Remembering(Client.open(settings.for_endpoint(endpoint, model)))
