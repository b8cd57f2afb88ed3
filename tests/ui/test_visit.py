"""Who visits: a single user, or whom the configured header of a proxy names, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.settings import Settings
from retrievers.errors import FathomError
from ui.service import Service
from ui.visit import visiting

HEADER = "X-Forwarded-User"
Opened = Callable[[str | None], Service]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    services: list[Service] = []
    monkeypatch.chdir(tmp_path)
    for name in ("USER_HEADER", "SETTINGS", "INDEX", "HOME"):
        monkeypatch.delenv(f"FATHOM_{name}", raising=False)

    def make(header: str | None) -> Service:
        settings = Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=tmp_path, user_header=header)
        services.append(Service.open(settings))
        return services[-1]

    yield make
    for service in services:
        service.store.close()


def request(*headers: tuple[str, str]) -> Callable[[str], Sequence[str]]:
    """Every value of a header in a request, as the server gives them."""
    return lambda name: [value for key, value in headers if key.lower() == name.lower()]


def named(name: str) -> Callable[[str], Sequence[str]]:
    return request((HEADER, name))


def test_without_a_header_everybody_is_the_single_user_whatever_the_request_says(opened: Opened) -> None:
    service = opened(None)
    for headers in (request(), named("ada"), request(("X-User", "bob"))):
        visit = visiting(service, headers)
        assert (visit.user, visit.reader) == ("local", None)


def test_behind_a_proxy_the_user_is_who_the_header_names(opened: Opened) -> None:
    visit = visiting(opened(HEADER), request((HEADER, "ada@example.org"), ("X-User", "bob")))
    assert (visit.user, visit.reader) == ("ada@example.org", "ada@example.org")
    assert visit.ledger.user == "ada@example.org"
    assert visit.corpora.reader == "ada@example.org"
    assert visit.runs.ledger.user == "ada@example.org"


NOBODY = ["", " ", " ada", "ada\n", "a\u202eda", "ada\u200b", "ada\x00", "a" * 201]


@pytest.mark.parametrize(
    "headers",
    [request(), request(("X-User", "ada")), request((HEADER, "ada"), (HEADER, "bob")), *map(named, NOBODY)],
    ids=["none", "another", "two", *map(repr, NOBODY[:-1]), "long"],
)
def test_a_request_that_names_nobody_is_nobodys_visit(opened: Opened, headers: Callable[[str], Sequence[str]]) -> None:
    with pytest.raises(FathomError, match="who you are") as refused:
        visiting(opened(HEADER), headers)
    assert "proxy" in refused.value.next


def test_the_command_lines_own_ledger_is_no_users_name(opened: Opened) -> None:
    with pytest.raises(FathomError, match="'local'"):
        visiting(opened(HEADER), named("local"))
    assert visiting(opened(HEADER), named("a" * 200)).user == "a" * 200


def test_two_visitors_see_their_own_rows(opened: Opened) -> None:
    service = opened(HEADER)
    ada, bob = (visiting(service, named(name)) for name in ("ada", "bob"))
    run = ada.ledger.start_run({}, ["a canary"])
    conversation = ada.ledger.run(run).conversation
    assert (bob.ledger.runs(), bob.ledger.conversations()) == ([], [])
    for look in (lambda: bob.ledger.run(run), lambda: bob.ledger.conversation(conversation)):
        with pytest.raises(FathomError, match=r"no (run|conversation)"):
            look()


def test_a_visit_without_a_corpus_says_how_to_get_one(opened: Opened) -> None:
    visit = visiting(opened(None), request())
    assert visit.corpora.all() == []
    with pytest.raises(FathomError, match="no corpus yet") as refused:
        visit.index()
    assert "demo" in refused.value.next


def test_folders_of_the_server_are_no_business_of_who_comes_by_a_proxy(opened: Opened, tmp_path: Path) -> None:
    alone, behind = visiting(opened(None), request()), visiting(opened(HEADER), request((HEADER, "ada")))
    assert alone.elsewhere == []
    assert f"{tmp_path}/" in behind.elsewhere
    told = AppTest.from_function(_damaged, args=(behind.elsewhere, str(tmp_path / "papers"))).run()
    assert [text.value for text in told.text] == [
        "Papers is damaged",
        "Expected: papers as it was",
        "What to do: index papers anew",
    ]


def _damaged(folders: list[str], place: str) -> None:
    from retrievers.errors import FathomError
    from ui.parts.problem import keep_to_itself, told

    keep_to_itself(folders)
    with told():
        raise FathomError(f"{place} is damaged", f"{place} as it was", f"index {place} anew")
