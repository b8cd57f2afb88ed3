"""The service of a server: chats whose server died are gone on with, and nobody else's runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.entries.rows import RunRow
from agent.ledger import Admin
from agent.record import record
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Done, Search, Turn
from retrievers.errors import FathomError
from ui.cli import main
from ui.service import PURPOSE, Service

QUESTION = "Who discovered Titan?"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("ENDPOINT", "MODEL", "SETTINGS", "USER_HEADER"):
        monkeypatch.delenv(f"FATHOM_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    opened = Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}"))
    yield opened
    opened.store.close()


@pytest.fixture
def own(corpus: Path, tmp_path: Path) -> Path:
    """An index that a test may build anew."""
    out = tmp_path / "own.index"
    assert main(["index", str(corpus), "--out", str(out), "--encoder", "none"]) == 0
    return out


def dead(service: Service, index: str | Path, user: str = "local", purpose: str = PURPOSE) -> str:
    """A run whose server died after its first turn was decided."""
    ledger = service.ledger(user)
    spec = Spec(str(Path(index).resolve()), "bm25").on(service.workshop.index(str(index)).identity)
    run = ledger.start_run(spec.as_json(), [QUESTION], purpose=purpose)
    ledger.lease(run, "a server that died", 0.0)
    ledger.record_plan(run, 1, (), Turn(1, "", (Search(QUESTION), Search("Huygens"))))
    ledger.record_action(run, 1, Done(1, 1, Search(QUESTION), QUESTION, 0), 0.25, ())
    return run


def ended(service: Service, run: str, user: str = "local") -> RunRow:
    return service.runs(user).wait(run, timeout=60)


def test_a_chat_whose_server_died_goes_on_where_it_was(service: Service, index: str) -> None:
    run = dead(service, index, "ada")
    assert service.revive() == [run]
    assert ended(service, run, "ada").status == "done"
    told = record(service.ledger("ada"), run)
    assert told["answer"]["short"] == "Christiaan Huygens"
    assert [search["query"] for search in told["searches"]][:2] == [QUESTION, "Huygens"]
    assert told["searches"][0]["hits"] == 0, "what was recorded is not searched again"
    assert service.revive() == []


def test_a_chat_whose_lease_runs_is_left_to_whoever_has_it(service: Service, index: str) -> None:
    run = dead(service, index)
    service.ledger("local").lease(run, "a server that died", 30.0)
    assert service.revive() == []
    assert service.ledger("local").run(run).lease_owner == "a server that died"


def test_runs_of_another_purpose_are_left_alone(service: Service, index: str) -> None:
    runs = [dead(service, index, purpose=purpose) for purpose in ("ask", "an evaluation")]
    before = [service.ledger("local").events(run) for run in runs]
    assert service.revive() == []
    assert [service.ledger("local").run(run).status for run in runs] == ["running", "running"]
    assert [service.ledger("local").events(run) for run in runs] == before


def test_a_chat_whose_index_was_built_anew_ends_with_a_failure_and_is_not_tried_again(
    service: Service, own: Path, tmp_path: Path
) -> None:
    run = dead(service, own)
    (tmp_path / "other.md").write_text("# Titan\n\nAnother text.\n", "utf-8")
    assert main(["index", str(tmp_path / "other.md"), "--out", str(own), "--encoder", "none"]) == 0
    assert service.revive() == []
    ledger = service.ledger("local")
    assert ledger.run(run).status == "failed"
    (failure,) = ledger.failures(run, 1)
    assert (failure.step, failure.kind) == ("resume", "FathomError")
    assert "was built anew" in failure.happened
    assert "fathom ask" in failure.remedy
    assert (Admin(service.store).expired(), service.revive()) == ([], [])
    assert len(ledger.failures(run, 1)) == 1


def test_one_that_cannot_go_on_keeps_no_other_back(service: Service, own: Path, index: str) -> None:
    lost = dead(service, own)
    good = dead(service, index, "bob")
    (own / "CURRENT").unlink()
    assert service.revive() == [good]
    assert service.ledger("local").run(lost).status == "failed"
    assert ended(service, good, "bob").status == "done"


@pytest.mark.parametrize("error", ["LeaseHeld", "StoreError"])
def test_a_run_that_is_alive_after_all_or_a_busy_ledger_ends_nothing(
    service: Service, index: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server took the run in the same moment, or the database is locked: neither says that the run cannot go on."""
    from agent.entries.faults import StoreError
    from agent.entries.leases import LeaseHeld

    kinds: dict[str, Callable[..., FathomError]] = {"LeaseHeld": LeaseHeld, "StoreError": StoreError}
    run = dead(service, index)

    def refused(*_: object) -> str:
        raise kinds[error]("not now", "later", "wait")

    with monkeypatch.context() as patched:
        patched.setattr("agent.runs.Runs.resume", refused)
        assert service.revive() == []
    assert service.ledger("local").run(run).status == "running"
    assert service.ledger("local").failures(run, 1) == ()
    assert service.revive() == [run]
    assert ended(service, run).status == "done"


def test_a_user_has_one_run_service_and_their_own_rows(service: Service, index: str) -> None:
    run = dead(service, index, "ada")
    assert service.runs("ada") is service.runs("ada")
    assert service.runs("ada") is not service.runs("bob")
    with pytest.raises(FathomError, match="no run"):
        service.runs("bob").resume(run)
    with pytest.raises(FathomError, match="no run"):
        service.runs("bob").stop(run)


def test_a_ledger_that_cannot_be_opened_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 100)
    with pytest.raises(FathomError, match=r"ledger\.db"):
        Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}"))
