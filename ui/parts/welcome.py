"""What the chat shows where there is no corpus yet: the two ways to one."""

from __future__ import annotations

import streamlit as st

from ui.parts.building import building
from ui.parts.problem import told
from ui.parts.upload import upload
from ui.parts.uploading import demo
from ui.visit import Visit


def welcome(visit: Visit) -> None:
    """Offer the demo corpus, and files of one's own."""
    st.title("Ask your documents")
    st.markdown(
        "1. Give Fathom documents. They are indexed on this machine, and stay there.\n"
        "2. Ask a question. You watch each search, and what was read.\n"
        "3. Check the answer. Every claim opens the words that it rests on; what is not there is said to be missing."
    )
    building(visit)
    if any(one.state == "running" for one in visit.service.builds.of(visit.user)):
        return
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True, key="welcome-demo"):
        st.subheader("Take the demo")
        st.markdown("55 short articles on the history of astronomy, with questions to start with. It takes under a minute.")
        with told():
            if st.button("Make the demo corpus", key="welcome-demo-start", type="primary", icon=":material/rocket_launch:"):
                demo(visit)
                st.rerun()
    with right, st.container(border=True, key="welcome-upload"):
        st.subheader("Add your own files")
        with told():
            upload(visit, None)
