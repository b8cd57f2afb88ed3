"""Why is a passage not here? What became of it in a question, in a sentence, with what one could do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc
import streamlit as st

from agent.desk import Desk
from agent.entries.rows import QuestionRow, RunRow
from agent.placed import placed
from agent.spec import Spec
from agent.why import Cause, Why, why
from retrievers.base import Query
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.lexical import BM25
from ui.parts.named import Named
from ui.parts.path import sought
from ui.parts.pathview import pathview
from ui.parts.plain import label, plain
from ui.visit import Visit

MATCHES = 8
_FOUND, _LOST, _MISSING = ":material/check_circle:", ":material/filter_alt:", ":material/search_off:"

# (icon, what became of it, what one could do)
CAUSES: Mapping[Cause, tuple[str, str, str]] = {
    "corpus_miss": (
        _MISSING,
        "It is not in this corpus, or not in the part of it that you may see, so no search could find it.",
        "Add its file on the page Corpus, then ask again.",
    ),
    "retrieval_miss": (
        _MISSING,
        "It is in the corpus, and no search of this question found it.",
        "Ask with words that stand in it, widen the scope if there is one, or take another recipe: Swap shows which finds it.",
    ),
    "rank_miss": (
        _LOST,
        "It was found, and others ranked above it took the places that were shown.",
        "Ask with more effort, so that more passages are shown, or take a recipe that ranks it higher: Swap compares them.",
    ),
    "cut": (
        _LOST,
        "It was shown in its beginning alone and not cited, or it ranked high enough and the passages of this effort were spent.",
        "What you look for may stand behind the cut: ask with more effort, index shorter passages, or ask in that part's words.",
    ),
    "shown_unused": (
        _LOST,
        "It was shown, and the answer does not cite it.",
        "Read it: where it answers the question after all, ask more closely, or say with a thumb down that the answer misses it.",
    ),
    "unsupported": (
        _LOST,
        "It was shown and cited, by a claim that it does not support.",
        "The answer marks that claim: do not rely on it.",
    ),
    "cited": (_FOUND, "It is here: it was shown, and the answer cites it.", "Open it from the answer to see the cited words."),
    "found": (_FOUND, "It is here: among the places that were measured.", "Nothing needs to be done."),
}


def whynot(visit: Visit, run: RunRow, question: QuestionRow, index: Index) -> None:
    """The box to type in, and what it tells."""
    key = f"why-{run.id}-{question.number}"
    st.markdown("A passage that you expected and do not see: in which search, and at which stage, was it lost?")
    text = st.text_input(
        "Passage: its id, its document's id, or words of it or of its title",
        key=key,
        placeholder="saturn.md, or: the rings of Saturn",
        max_chars=400,
    ).strip()
    if not text:
        return
    desk = visit.service.workshop.desk(visit.ledger, run.id, question.number, Spec.from_json(run.spec))
    if desk.tools.user != visit.reader:
        raise FathomError("this question was asked for another user", "a question that you asked", "choose another question")
    if desk.tools.items(text):
        _tell(_told(visit, desk, run, text), Named(index, visit.reader), desk.tools.items(text)[0])
        return
    found = matches(index, visit.reader, text)
    if not found:
        _sentences("corpus_miss", f"Nothing in this corpus has the id {text!r}, such a title, or one of these words.")
        return
    _offer(found, Named(index, visit.reader), key)


def matches(index: Index, reader: str | None, text: str, most: int = MATCHES) -> list[str]:
    """Ids of passages that words may mean: the first of each document whose title or id holds them, then what BM25 finds.

    >>> matches(index, None, "rings of saturn")[0]
    'saturn.md#2'
    """
    firsts: list[str] = []
    for partition in index.partitions(reader):
        table = partition.documents
        held = [pc.match_substring(table[name], pattern=text, ignore_case=True) for name in ("title", "id")]
        places = [place for place, holds in enumerate(pc.or_(*held).to_pylist()) if holds]
        for place in places[:most]:
            document = partition.document_ids[place]
            firsts += [item.id for unit in partition.units.values() for item in unit.of_document(document)][:1]
    ranking = BM25(index).search(Query(text, user=reader), most)
    return list(dict.fromkeys([*firsts[: most // 2], *ranking.ids, *firsts]))[:most]


def _told(visit: Visit, desk: Desk, run: RunRow, passage: str) -> Why:
    """The cause, found out once as long as this tab looks at it: what was not kept is searched again."""
    now = desk.run, desk.number, passage, desk.row.answer is not None
    held: tuple[object, Why] | None = st.session_state.get("why-kept")
    if held is None or held[0] != now:
        alone = Spec.from_json(run.spec).alone
        with visit.service.workshop.accounts.opened(desk):  # a search that is made again may ask a model
            held = now, placed(desk, passage) if alone else why(desk, passage)
        st.session_state["why-kept"] = held
    return held[1]


def _tell(one: Why, names: Named, id: str) -> None:
    with st.container(key="soft-why-passage"):
        plain(f"{names.name(id)}   {one.passage}")
    _sentences(one.cause, f"More closely: {one.place}.")
    if one.searches:
        pathview(sought(one.searches), "why")
    item = names.item(id)
    if item is not None:
        st.markdown("#### What it says")
        with st.container(border=True, key="why-text"):
            plain(item.text)


def _sentences(cause: Cause, place: str) -> None:
    icon, said, remedy = CAUSES[cause]
    with st.container(border=True, key=f"why-cause-{cause}"):
        st.markdown(f"{icon} **{said}**")
        plain(place)
        st.markdown(f"**What to do:** {remedy}")


def _offer(found: Sequence[str], names: Named, key: str) -> None:
    """The passages that the words may mean, to pick from."""
    st.markdown("No passage has that id. Which of these do you mean?")
    with st.container(key="rows-why", gap="small"):
        for place, id in enumerate(found):
            item = names.item(id)
            start = f"  \n:gray[{label(item.text, 90)}]" if item is not None else ""
            st.button(
                f"{label(names.name(id))}{start}", key=f"{key}-pick-{place}", on_click=_pick, args=(key, id), width="stretch"
            )


def _pick(key: str, id: str) -> None:
    st.session_state[key] = id
