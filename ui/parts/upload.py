"""Files dropped in: into the corpus that is open, or into a new one."""

from __future__ import annotations

import streamlit as st

from retrievers.corpus import FORMATS
from ui.corpora import Corpus
from ui.parts.plain import label
from ui.parts.uploading import MOST, add
from ui.serving import UPLOAD_MB
from ui.visit import Visit

_NEW = "A new corpus"


def upload(visit: Visit, corpus: Corpus | None) -> None:
    """The form; `corpus` is the one that files can be added to, None where there is none yet."""
    turn = st.session_state.setdefault("upload-turn", 0)
    kinds = ", ".join(sorted({suffix.lstrip(".") for suffix in FORMATS} - {"markdown", "htm", "jsonl.gz"}))
    st.markdown(_whose(visit))
    into = _into(corpus)
    name = st.text_input("Name of the new corpus", key="upload-name", max_chars=60) if into is None else ""
    files = st.file_uploader(
        f"Files: {kinds}",
        accept_multiple_files=True,
        key=f"upload-files-{turn}",
        help=f"At most {MOST} files at a time, {UPLOAD_MB} MB each. A scanned pdf holds pictures and no text: it is not read.",
    )
    text = "Add to this corpus" if into is not None else "Make the corpus"
    if st.button(text, key="upload-start", type="primary", icon=":material/upload_file:", disabled=not files):
        add(visit, [(file.name, file.getvalue()) for file in files], into, name)
        st.session_state["upload-turn"] = turn + 1  # an uploader of another key is empty
        st.rerun()


def _into(corpus: Corpus | None) -> Corpus | None:
    """Which corpus the files go to; None for a new one."""
    if corpus is None:
        return None
    here = f"This corpus: {label(corpus.name, 40)}"
    chosen = st.radio("Where they go", [here, _NEW], key="upload-into", horizontal=True)
    return corpus if chosen == here else None


def _whose(visit: Visit) -> str:
    if visit.reader is None:
        return "The files become part of the corpus for **everybody who can open this server**. They stay on this machine."
    return f"The files are **yours alone** ({label(visit.reader, 60)}): nobody else finds, counts or sees them."
