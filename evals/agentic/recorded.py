"""Our ledger's runs as records of the reference format, and such records as what our measures and replays take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.chat import read
from agent.claims.brackets import parse
from agent.entries.rows import QuestionRow, RunRow
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Action, Answer, Claim, Done, Evidence, Search, Spent, Turn
from evals.datasets import Question
from evals.formats.trajectory import COMPLETED, Entry, Record, document_of
from evals.outcomes import Outcome, Step
from evals.replaying.issued import PER_SEARCH, Asked, Issued
from retrievers.errors import FathomError
from retrievers.index import Index

Documents = Callable[[str], str]


def records(ledger: Ledger, run: str, index: Index) -> list[Record]:
    """Each question of an agent's run as a record: `retrieved_docids` and the calls' hits are item ids, as the agent saw them.

    A call has what it showed and nothing had shown before. The answer is the policy's own, before verification. `completed` are
    the questions that the policy ended by itself; a repeat and a failed call say so in words and are not counted. Raises
    `FathomError` for an evaluation of retrieval alone, and where the index is no longer the run's.

    >>> write_runs(records(ledger, run, index), "runs/mine")
    """
    row = ledger.run(run)
    spec = Spec.from_json(row.spec)
    if spec.alone:
        happened = f"run {row.id} measured the recipe {spec.recipe} alone: it has no trajectories"
        raise FathomError(happened, "a run in which an agent searched", "fathom eval DATASET --policy chat --run NAME")
    if spec.identity != index.identity:
        happened = f"{index.path} is not the generation that run {row.id} was made on"
        raise FathomError(happened, "the index whose passages were shown", f"fathom eval {spec.dataset or 'DATASET'} --run NAME")
    return [_record(_Asked(ledger, row, spec, index, question)) for question in ledger.questions(row.id)]


def issued(record: Record, question: Question, documents: Documents = document_of, k: int = PER_SEARCH) -> Issued:
    """The searches of a record, each with the reasoning of its turn, for replays and for the protocol's retrieval side alone.

    A search that failed then is one that was issued. `documents` tells the document of an id.

    >>> Protocol("dense").retrieve([issued(record, question)], tools)
    """
    return Issued(question, tuple(_asked(record, documents, k)))


def outcome(record: Record, question: Question, documents: Documents = document_of) -> Outcome:
    """What came of a question, for every measure of answers and of evidence.

    A claim counts as held where all that it cites was shown in this run: the words are not checked here, for of foreign runs
    only snippets are known. A question that did not complete has failed, as in the reference's accuracy; its recall is of
    `official.figures` alone.

    >>> CitationPrecision(every=True).values([outcome(record, question)])
    """
    evidence = shown(record, documents)
    steps = tuple(Step(tuple(one.shown)) for one in issued(record, question, documents).queries)
    found = retrieved(record, documents)
    spent = Spent(searches=len(steps))
    if not record.completed or not record.response:
        reason = f"the run ended {record.status}" if not record.completed else "no answer was given"
        return Outcome(question, found, None, record.status, spent, steps, "failed", reason)
    answer = read(record.response, evidence)
    held = tuple(_held(claim, evidence) for claim in answer.claims)
    return Outcome(question, found, replace(answer, claims=held), record.status, spent, steps)


def retrieved(record: Record, documents: Documents = document_of) -> tuple[str, ...]:
    """The documents that a record says were retrieved, each once."""
    return tuple(dict.fromkeys(map(documents, record.retrieved_docids)))


def cited(record: Record, documents: Documents = document_of) -> tuple[str, ...]:
    """The documents that the answer cites, each once: ids are matched whole against those that were shown, a passage's gives its
    document, and one that was not shown stays as it is.

    >>> cited(record)
    ('5412',)
    """
    evidence = shown(record, documents)
    claims = [_held(claim, evidence) for claim in parse(record.response, evidence)]
    return tuple(dict.fromkeys(one.document or one.item for claim in claims for one in claim.citations))


def shown(record: Record, documents: Documents = document_of) -> tuple[Evidence, ...]:
    """The hits that the searches handed over, each once."""
    hits = {hit.docid: hit for _, call in record.searches for hit in reversed(call.hits)}
    return tuple(
        Evidence(number, hit.docid, documents(hit.docid), "", 0, len(hit.text), hit.text)
        for number, hit in enumerate(hits.values(), start=1)
    )


def _asked(record: Record, documents: Documents, k: int) -> Iterator[Asked]:
    seen: set[str] = set()
    for reason, call in record.searches:
        new = [id for id in dict.fromkeys(documents(hit.docid) for hit in call.hits) if id not in seen]
        seen.update(new)
        if call.query:
            yield Asked(Search(call.query, reason), k, tuple(new))


def _held(claim: Claim, evidence: Sequence[Evidence]) -> Claim:
    """A claim whose citations of whole documents are known too: a document that several passages were shown of can be cited."""
    known = {one.document for one in evidence}
    citations = tuple(
        replace(one, document=one.item) if not one.document and one.item in known else one for one in claim.citations
    )
    return replace(claim, citations=citations, supported=bool(citations) and all(one.document for one in citations))


@dataclass(frozen=True)
class _Asked:
    """One question of a run of the ledger."""

    ledger: Ledger
    run: RunRow
    spec: Spec
    index: Index
    question: QuestionRow

    @property
    def user(self) -> str | None:
        return self.question.gold.user if self.question.gold is not None else self.spec.user


def _record(one: _Asked) -> Record:
    number = one.question.number
    turns = one.ledger.turns(one.run.id, number)
    done = {each.number: each for each in one.ledger.done(one.run.id, number)}
    evidence = one.ledger.shown(one.run.id, number)
    good = [each for each in done.values() if each.repeats is None and each.failure is None]
    searches = {each.number for each in good if isinstance(each.action, Search)}
    counts = {"search": len(searches), "open": len(good) - len(searches)}
    stop = one.question.stop or ""
    return Record(
        one.question.gold.id if one.question.gold is not None else str(number),
        COMPLETED if stop in ("answered", "saturated") else "incomplete",
        {name: count for name, count in counts.items() if count},
        tuple(dict.fromkeys(each.item for each in evidence if each.action in searches)),
        tuple(_entries(one, turns, done, evidence)),
        _about(one.spec, stop),
    )


def _entries(one: _Asked, turns: Sequence[Turn], done: Mapping[int, Done], evidence: Sequence[Evidence]) -> Iterator[Entry]:
    number = 0
    for turn in turns:
        if turn.reasoning:
            yield Entry("reasoning", (turn.reasoning,))
        for action in turn.actions:
            number += 1
            name, asked = _call(action)
            passages = [each for each in evidence if each.action == number]
            yield Entry("tool_call", _told(one, done.get(number), passages), name, json.dumps(asked, ensure_ascii=False))
    draft = turns[-1].draft if turns else ""
    if text := draft or (_written(one.question.draft) if one.question.draft is not None else ""):
        yield Entry("output_text", text)


def _call(action: Action) -> tuple[str, dict[str, str]]:
    return ("search", {"user_query": action.text}) if isinstance(action, Search) else ("open", {"docid": action.item})


def _told(one: _Asked, done: Done | None, passages: Sequence[Evidence]) -> str:
    if done is None:
        return "not carried out: the run ended before"
    if done.failure is not None:
        return f"failed: {done.failure}"
    if done.repeats is not None:
        return f"the same as call {done.repeats}: not repeated"
    hits = [{"docid": each.item, "score": each.score, "snippet": _text(one, each)} for each in passages]
    return json.dumps(hits, ensure_ascii=False, indent=2)


def _text(one: _Asked, passage: Evidence) -> str:
    return one.index.text(passage.document, passage.start, passage.end, one.user)


def _written(draft: Answer) -> str:
    """The draft in the protocol's three parts; what a policy cites without brackets has them here."""
    claims = " ".join(f"{claim.text} {''.join(f'[{each.item}]' for each in claim.citations)}".strip() for claim in draft.claims)
    sure = f"\nConfidence: {draft.confidence:.0%}" if draft.confidence is not None else ""
    return f"Explanation: {claims or draft.text}\nExact answer: {draft.short or 'not found'}{sure}"


def _about(spec: Spec, stop: str) -> dict[str, Any]:
    effort = spec.effort
    caps = {"turns": effort.turns, "searches": effort.searches, "k": effort.per_search}
    return {"model": spec.model or spec.policy, "retriever": spec.stage, "index": spec.identity, "stop": stop, **caps}
