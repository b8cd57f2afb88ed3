"""The process that serves the chat: Streamlit, which asks no other host for anything.

python -m ui.server run ui/app.py [the options of `streamlit run`]
"""

from __future__ import annotations

from streamlit import net_util
from streamlit.web.cli import main as streamlit


def main() -> None:
    """Serve until the process is ended.

    Whenever a page of another origin tries to connect, Streamlit would ask a server on the internet for this machine's address,
    to compare the two: here such a page is refused without that.
    """
    net_util.get_external_ip = _unknown
    streamlit(prog_name="streamlit")


def _unknown() -> str | None:
    return None


if __name__ == "__main__":
    main()
