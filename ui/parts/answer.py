"""An answer on a page: in short, in cited claims, with what disagrees side by side, and the sources that it all opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from agent.entries.rows import Feedback, RunRow
from agent.record import nearest
from agent.reports.footnotes import Footnoted, Sentence, footnoted
from agent.reports.wording import KINDS, counted, effort_of, ended, headline
from retrievers.printable import one_line
from ui.pages import go
from ui.parts.cites import Opened, cites, missed
from ui.parts.feedback import objected, thumbs
from ui.parts.passage import opener, show_opened
from ui.parts.plain import plain
from ui.parts.problem import public
from ui.parts.refusal import refusal
from ui.visit import Visit

Record = Mapping[str, Any]
_ABREAST = 3


def answer(visit: Visit, run: RunRow, record: Record) -> None:
    """Draw the record of an answered question (agent.record).

    >>> answer(visit, run, record(visit.ledger, run.id))
    """
    ledger, number = visit.ledger, int(record["number"])
    noted, key = footnoted(record), f"{run.id}-{number}"
    opens = cites(record, noted.sources, ledger.shown(run.id, number))
    said = ledger.feedback(run.id, number)
    misses = missed(record, nearest(ledger, run.id, number)) if record["answer"]["kind"] == "not_found" else []
    if misses or record["answer"]["kind"] == "not_found":
        refusal(run, record, misses)
    else:
        with st.container(key=f"short-{key}"):
            plain(one_line(headline(record)))
    _claims(key, record, noted, opens, said)
    _disputes(key, noted, opens[len(noted.sentences) :], said)
    if noted.sources:
        _sources(noted, opens)
    if record["failures"]:
        _failures(key, record["failures"])
    _about(visit, run, record, said)
    show_opened(visit, run, [*(one for claim in opens for one in claim), *misses])


def told_how(record: Record, model: str = "") -> str:
    """How an answer came about, in two sentences.

    >>> told_how(record)
    '1 search, 3 passages shown, 0.2 s, confidence 0.91: the search ended because the question was covered. ...'
    """
    sure = record["answer"]["confidence"]
    searched = record["searches"] or record["claims"]
    effort = effort_of(record) + (f", confidence {sure:.2f}" if sure is not None and searched else "")
    by = f"the language model {model}" if record["policy"] == "chat" else "no language model: sentences word for word"
    how = f"Recipe {record['recipe']}, policy {record['policy']} ({by})."
    return f"{effort}: the search ended because {ended(record)}. {how}"


def beside(record: Record, noted: Footnoted) -> str:
    """What the answer says where it has no claims: its text, if that is more than its short form; else nothing."""
    text = str(record["answer"]["text"])
    return "" if noted.sentences or _same(text) == _same(headline(record)) else text


def _claims(key: str, record: Record, noted: Footnoted, opens: Sequence[Sequence[Opened]], said: Sequence[Feedback]) -> None:
    if record["answer"]["kind"] != "not_found" and (text := beside(record, noted)):
        plain(text)
    for place, sentence in enumerate(noted.sentences):
        _claim(f"{key}-{place + 1}", sentence, opens[place], said)


def _claim(key: str, sentence: Sentence, opens: Sequence[Opened], said: Sequence[Feedback]) -> None:
    """A claim with its buttons beside it; one that does not hold, or that the reader objected to, is marked."""
    with st.container(key=f"claim-{key}" if sentence.supported else f"unsupported-{key}", gap="xsmall"):
        with st.container(horizontal=True, gap="small", vertical_alignment="top", wrap=False, key=f"said-{key}"):
            plain(sentence.text, width="stretch")
            if opens:
                with st.container(
                    horizontal=True, gap="xsmall", width="content", wrap=len(opens) > _ABREAST, key=f"numbers-{key}"
                ):
                    for one in opens:
                        opener(one, str(one.number))
        if not sentence.supported:
            st.markdown(":red[:material/report:] **Not supported by what was shown**")
            if sentence.reason:
                plain(sentence.reason[:1].upper() + sentence.reason[1:])
        for one in opens:
            if objected(said, one.claim, one.citation):
                st.caption(f"You said that source {one.number} does not support this.")


def _disputes(key: str, noted: Footnoted, opens: Sequence[Sequence[Opened]], said: Sequence[Feedback]) -> None:
    """What sources disagree about: what each of them says, side by side."""
    left = list(opens)
    for number, dispute in enumerate(noted.disputes, start=1):
        with st.container(key=f"dispute-{key}-{number}"):
            st.markdown(f":material/compare_arrows: **{KINDS['conflict']}**")
            plain(dispute.about)
            for first in range(0, len(dispute.sentences), _ABREAST):
                row = dispute.sentences[first : first + _ABREAST]
                for column, (place, sentence) in zip(st.columns(len(row), border=True), enumerate(row, first + 1), strict=True):
                    with column:
                        _side(f"{key}-{number}-{place}", sentence, left.pop(0), said)


def _side(key: str, sentence: Sentence, opens: Sequence[Opened], said: Sequence[Feedback]) -> None:
    for one in opens[:1]:
        with st.container(key=f"soft-side-{key}"):
            plain(one.name)
    _claim(f"dispute-{key}", sentence, opens, said)


def _sources(noted: Footnoted, opens: Sequence[Sequence[Opened]]) -> None:
    """The numbered spans: title, section, and the words that are cited."""
    first: dict[int, Opened] = {}
    for one in (one for claim in opens for one in claim):
        first.setdefault(one.number, one)
    name = next(iter(first.values()))
    with st.container(key=f"sources-{name.run}-{name.question}", gap="small"):
        st.markdown("**Sources**")
        for source in noted.sources:
            one = first[source.number]
            with st.container(horizontal=True, gap="small", vertical_alignment="top", wrap=False):
                opener(one, str(source.number), "source")
                with st.container(gap=None, key=f"source-words-{one.key}"):
                    plain(one_line(one.name))
                    with st.container(key=f"soft-quote-{one.key}"):
                        plain(f"“{one_line(source.quote)}”")
                        if source.path:
                            plain("by " + " → ".join(map(one_line, source.path)))


def _failures(key: str, failed: Sequence[Record]) -> None:
    """The steps that failed, in words, and what helps."""
    with st.expander(f"{counted(len(failed), 'step')} failed on the way", icon=":material/error:", key=f"failed-{key}"):
        for one in failed:
            plain(public(f"{one['step']}: {one.get('happened') or one['kind']}"))
            if one["remedy"]:
                plain(public(f"What to do: {one['remedy']}"))


def _about(visit: Visit, run: RunRow, record: Record, said: Sequence[Feedback]) -> None:
    """How it came about, the way to its evidence, and what the reader says of it."""
    number = int(record["number"])
    key = f"{run.id}-{number}"
    with st.container(key=f"soft-how-{key}"):
        plain(told_how(record, str(run.spec.get("model", ""))))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"about-{key}"):
        thumbs(visit, run.id, number, said)
        if st.button(
            "Evidence", key=f"evidence-{key}", type="tertiary", icon=":material/account_tree:", help="Every stage of every search"
        ):
            go("evidence", run=run.id, question=str(number))
        if st.button(
            "Timeline", key=f"timeline-{key}", type="tertiary", icon=":material/history:", help="This run, step by step"
        ):
            go("runs", run=run.id)


def _same(text: str) -> str:
    return one_line(text).casefold().rstrip(".")
