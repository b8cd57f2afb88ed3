"""The one cause of a missed question, decided from what came of it and what became of its relevant documents.

A question is right where its short answer is one of the right ones, normalised (as in `ExactMatch`); where the data set gives
none, where claims that hold cite every relevant document; where the corpus has no answer, where it was refused; in a run of
retrieval alone, where every relevant document is among the places that were measured. A missed question has the first cause that
applies. Of several relevant documents, each counted as needed, the one that was lost earliest along the pipeline decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from agent.entries.rows import QuestionRow
from agent.why import Cause, Why
from evals.answering.words import ExactMatch
from evals.outcomes import Outcome

Verdict = Literal[
    "right",
    "corpus_miss",
    "retrieval_miss",
    "rank_miss",
    "cut",
    "shown_unused",
    "wrong_answer",
    "wrong_refusal",
    "unsupported",
    "unwarranted",
    "failed",
]
CAUSES: tuple[Verdict, ...] = get_args(Verdict)
"""`right`, then in their order:

- `corpus_miss`: a relevant document is not in the index, or not for this user.
- `retrieval_miss`: no stage of any search gave it.
- `rank_miss`: a stage gave it, and the last stage (a fusion, a reranker, a cut-off) did not, or ranked it below what was shown.
- `cut`: it ranked among what was to be shown when the effort's passages were spent; or its passage was cut at the limit of
  tokens, and not cited.
- `shown_unused`: it was shown whole, an answer was given, and no claim cites it.
- `wrong_answer`: it was shown and cited, and the short answer is another one, or none.
- `wrong_refusal`: it was shown whole, and the policy answered that the corpus has no answer. It cites nothing then, which is no
  `shown_unused`: what went wrong is the refusal.
- `unsupported`: verification struck out what the policy answered with it: the claims that cite it, the short answer, or all.
- `unwarranted`: the corpus has no answer, and one was given. No document was lost and no better answer was at hand, so it is
  apart from `wrong_answer`.
- `failed`: a step of the question failed, so that nothing came of it.

Where a question has right answers and no relevant document is named, what was shown counts as the evidence: without any it is a
`retrieval_miss`, else the answer alone decides.
"""

_ALONG: tuple[Cause, ...] = (
    "corpus_miss",
    "retrieval_miss",
    "rank_miss",
    "cut",
    "shown_unused",
    "unsupported",
    "cited",
    "found",
)
_BEFORE: Mapping[str, Verdict] = {cause: cause for cause in CAUSES[1:5]}  # those that come before any answer
Decided = tuple[Verdict, str, str]
"""A cause, the relevant document that decided it (empty where none did), and how, in words."""


def early(one: Outcome, alone: bool) -> Decided | None:
    """What is decided without looking at a document's way: a question that failed, is right, or has no answer; else None.

    >>> early(outcome, alone=False)
    ('right', '', '')
    """
    question = one.question
    if one.failed:
        return "failed", "", one.reason
    if alone:
        return ("right", "", "") if set(question.relevant) <= set(one.shown) else None
    if not question.answers and not question.relevant:
        return ("right", "", "") if one.refused else ("unwarranted", "", f"the corpus has no answer; {_said(one)}")
    right = ExactMatch().quality(one) == 1.0 if question.answers else set(question.relevant) <= _cited(one)
    return ("right", "", "") if right else None


def late(asked: QuestionRow, one: Outcome, found: Sequence[Why]) -> Decided:
    """The cause of a question that is not decided early, by what became of its relevant documents and of its answer.

    >>> late(row, outcome, [why(desk, "uranus")])
    ('wrong_refusal', 'uranus', 'shown as [1] and not cited; the answer is that the corpus has none')
    """
    first = min(found, key=lambda fate: _ALONG.index(fate.cause), default=None)
    if first is None:
        words = "no document is named as relevant"
        if not one.shown:
            return "retrieval_miss", "", f"{words}, and nothing was shown"
        return _by_answer(asked, one, words)
    if first.cause == "found":
        return "right", "", ""
    if first.cause in _BEFORE:
        return _BEFORE[first.cause], first.passage, first.place
    return _by_answer(asked, one, first.place, first)


def _by_answer(asked: QuestionRow, one: Outcome, words: str, first: Why | None = None) -> Decided:
    """The cause where all that is relevant was shown whole: what became of the answer."""
    where, draft, said = first.passage if first is not None else "", asked.draft, _said(one)
    if one.refused:
        struck = draft is not None and draft.kind != "not_found"
        return ("unsupported" if struck else "wrong_refusal"), where, f"{words}; {_refused(struck)}"
    if first is not None and first.cause in ("shown_unused", "unsupported"):
        return first.cause, where, f"{words}; {said}"
    if draft is not None and draft.short and one.answer is not None and not one.answer.short:
        struck_out = f"the short answer {draft.short!r} was struck out, for what is cited does not bear it out"
        return "unsupported", where, f"{words}; {struck_out}"
    return "wrong_answer", where, f"{words}; {said}"


def _refused(struck: bool) -> str:
    return "no claim of the answer held, and it was struck out" if struck else "the answer is that the corpus has none"


def _said(one: Outcome) -> str:
    short = one.answer.short if one.answer is not None else ""
    right = f" and the right one {one.question.answers[0]!r}" if one.question.answers else ""
    return f"the short answer is {short!r}{right}" if short else f"there is no short answer{right}"


def _cited(one: Outcome) -> set[str]:
    """The documents and passages that claims that hold cite."""
    if one.answer is None:
        return set()
    claims = [*one.answer.claims, *(claim for conflict in one.answer.conflicts for claim in conflict.claims)]
    return {name for claim in claims if claim.supported for span in claim.citations for name in (span.document, span.item)}
