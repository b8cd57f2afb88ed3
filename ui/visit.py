"""Who looks at a page, and at what: the one value that every page is drawn for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from agent.ledger import Ledger
from agent.runs import Runs
from agent.settings import Settings
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.printable import printable
from ui.corpora import Corpora, Corpus
from ui.service import Service

LOCAL = "local"
_CORPUS = "corpus"


@dataclass(frozen=True)
class Visit:
    """A visitor of the server. `user` is whose ledger it is; `reader` is the query's user: None sees the public part alone.

    >>> Visit(service, "local", None).ledger.conversations()
    """

    service: Service
    user: str
    reader: str | None

    @property
    def ledger(self) -> Ledger:
        """The visitor's rows."""
        return self.service.ledger(self.user)

    @property
    def runs(self) -> Runs:
        """The visitor's runs."""
        return self.service.runs(self.user)

    @cached_property
    def corpora(self) -> Corpora:
        """The corpora that the visitor may ask."""
        settings = self.service.settings
        return Corpora(settings.home, self.reader, settings.index)

    @property
    def corpus(self) -> Corpus | None:
        """The corpus that this tab looks at: the one chosen, else the first; None where there is none."""
        known = self.corpora.all()
        chosen = st.session_state.get(_CORPUS)
        return next((one for one in known if one.name == chosen), known[0] if known else None)

    @property
    def elsewhere(self) -> list[str]:
        """The folders of the server that are none of the visitor's business: none for a single user, whose machine it is."""
        if self.reader is None:
            return []
        held = (*self.corpora.folders, self.service.settings.cache)
        folders = {str(form) for path in held for form in (path, path.resolve())}
        return [f"{folder}/" for folder in folders if folder not in (".", "/")]

    def choose(self, corpus: Corpus) -> None:
        """Look at this corpus from now on, in this tab."""
        st.session_state[_CORPUS] = corpus.name

    def index(self, corpus: Corpus | None = None) -> Index:
        """The corpus's index in its current generation; `FathomError` where there is none, or it is damaged."""
        corpus = corpus or self.corpus
        if corpus is None:
            raise FathomError("there is no corpus yet", "one to ask", "open the page Corpus and add files, or take the demo")
        return self.service.workshop.index(str(corpus.path.resolve()))


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """This process's service, opened by the first visitor."""
    # Before any page: while one thread imports it, a chart of another takes the half of it that is there for the whole.
    import pandas  # noqa: F401  # pyright: ignore[reportUnusedImport]

    _talk()
    opened = Service.open(Settings.load())
    opened.tend()
    public = Corpora(opened.settings.home, None, opened.settings.index).all()
    if public:
        opened.warm(public[0].path)
    return opened


def _talk() -> None:
    """What the server and its runs have to say goes to standard error, with its time."""
    log = logging.getLogger("fathom")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)


def visiting(service: Service, headers: Callable[[str], Sequence[str]]) -> Visit:
    """The visit that a request makes; `headers` gives every value of a header. Behind a proxy the user is who the configured
    header says, and nobody else.

    Raises `FathomError` where the header is missing or there are two, or names nobody that could have a ledger.
    """
    header = service.settings.user_header
    if header is None:
        return Visit(service, LOCAL, None)
    named = headers(header)
    if len(named) > 1:  # a proxy that adds its own beside the visitor's: whose is whose cannot be told
        raise FathomError(
            f"the request says more than once who you are: it has {len(named)} headers {header}",
            "a proxy that takes a visitor's own out",
            f"set the proxy up so that it replaces {header}",
        )
    name = named[0] if named else ""
    if not name or name != printable(name).strip() or len(name) > 200:
        raise FathomError(
            f"the request does not say who you are: its header {header} is missing or holds no name",
            "a proxy in front of Fathom that signs people in and sets that header",
            "open the address of the proxy, not Fathom's own",
        )
    if name == LOCAL:
        raise FathomError(
            "a user of the name 'local'", "another name: 'local' is the ledger of the command line", "rename the account"
        )
    return Visit(service, name, name)
