"""What a corpus holds, on a page: figures, types, lengths, files, and what was skipped."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from retrievers.document import Skipped
from retrievers.printable import one_line
from ui.corpora import Corpus
from ui.holdings import Bar, Holdings
from ui.parts.building import skipped
from ui.parts.plain import label
from ui.parts.problem import told
from ui.parts.uploading import take_out
from ui.visit import Visit


def contents(visit: Visit, corpus: Corpus, held: Holdings) -> None:
    """Draw it."""
    _figures(held, alone=visit.reader is None)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _lengths(held)
    with right:
        _types(held)
    _files(visit, corpus, held)
    _skipped(held)


def _figures(held: Holdings, *, alone: bool) -> None:
    with st.container(horizontal=True, key="corpus-figures"):
        st.metric("Documents", f"{held.documents:,}", width="content")
        for unit, number in held.units.items():
            st.metric(f"{unit.capitalize()}s", f"{number:,}", width="content")
        st.metric("Characters", f"{held.characters:,}", width="content")
    told = [] if alone else [f"{held.own:,} of the documents are yours alone"]
    told.append(f"Language {label(held.language)}")
    told.append(f"vectors by {label(held.encoder)}" if held.encoder else "no vectors: words alone are searched")
    st.caption(" · ".join(told))


def span(bar: Bar) -> str:
    """The name of a bar.

    >>> span(Bar(1000, 1199, 7))
    '1,000 to 1,199'
    """
    return (
        f"{bar.low:,} and more" if bar.high is None else f"{bar.low:,} to {bar.high:,}" if bar.high > bar.low else f"{bar.low:,}"
    )


def _lengths(held: Holdings) -> None:
    st.markdown("**How long the documents are**")
    names = [span(bar) for bar in held.lengths]
    table = pd.DataFrame({"characters": names, "documents": [bar.documents for bar in held.lengths]})
    bars = alt.Chart(table).mark_bar(color="#26789C", cornerRadiusEnd=3)
    chart = bars.encode(
        x=alt.X("documents:Q", title="documents", axis=alt.Axis(tickMinStep=1, format=",d")),
        y=alt.Y("characters:N", title="characters", sort=names, axis=alt.Axis(labelLimit=200)),
        tooltip=["characters:N", "documents:Q"],
    ).properties(height=26 * len(table) + 70)
    told = "; ".join(f"{bar.documents:,} of {name} characters" for bar, name in zip(held.lengths, names, strict=True))
    st.altair_chart(chart, key="corpus-lengths", alt=f"Documents by length: {told}")
    with st.expander("The same as a table", key="corpus-lengths-table"):
        st.dataframe(table, hide_index=True, alt="Documents by length", key="corpus-lengths-figures")


def _types(held: Holdings) -> None:
    st.markdown("**Types**")
    rows = {"type": [one_line(type) for type in held.types], "documents": list(held.types.values())}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt="Documents by type",
        key="corpus-types",
        height="content" if len(held.types) < 9 else 340,
    )


def _files(visit: Visit, corpus: Corpus, held: Holdings) -> None:
    with st.expander(f"Files ({len(held.files):,})", key="corpus-files", icon=":material/folder:"):
        rows = {
            "file": [one_line(file.name) for file in held.files],
            "bytes": [file.size for file in held.files],
            "documents": [file.documents for file in held.files],
        }
        if visit.reader is not None:
            rows["seen by"] = ["you alone" if file.mine else "everybody" for file in held.files]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Files of the corpus", key="corpus-files-table")
        with told():
            _remove(visit, corpus, held)


def _remove(visit: Visit, corpus: Corpus, held: Holdings) -> None:
    """Files can be taken out again: behind a header one's own, else any."""
    known = [(one.name, one.mine) for one in held.files] + [(one.path, one.mine) for one in held.skipped]
    names = list(dict.fromkeys(name for name, mine in known if mine or visit.reader is None))
    if not names or not held.keeps:
        return
    gone = st.multiselect("Take files out of the corpus", names, key="corpus-remove", format_func=lambda name: label(name, 60))
    if st.button("Take them out", key="corpus-remove-start", icon=":material/delete:", disabled=not gone):
        take_out(visit, corpus, gone)
        st.rerun()


def _skipped(held: Holdings) -> None:
    if not held.skipped:
        st.caption("Nothing was skipped: every file was read.")
        return
    with st.expander(f"Skipped ({len(held.skipped):,})", key="corpus-skipped", icon=":material/warning:"):
        skipped(tuple(Skipped(one.path, one.reason, one.next) for one in held.skipped), "corpus")
