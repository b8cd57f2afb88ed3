"""`fathom doctor`: what it sees, what it says to do, and what it never shows."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from agent.entries.sqlite import journal_for
from agent.ledger import Ledger
from agent.settings import Settings
from agent.store import Store
from tests.faults.stub_llm import SEARCH, Reply, StubServer, respond
from tests.ui.conftest import Fathom
from ui import doctor

NAMES = ["python", "packages", "gpu", "encoder", "sqlite", "ledger", "disk", "api key"]


def rows(ran: Any) -> dict[str, Any]:
    return {check["name"]: check for check in ran.json["checks"]}


def test_all_is_well_where_nothing_is_wrong(fathom: Fathom) -> None:
    ran = fathom("doctor", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["ok"] is True
    assert [check["name"] for check in ran.json["checks"]] == NAMES
    assert all(set(check) == {"name", "status", "found", "next"} for check in ran.json["checks"])


def test_the_journal_is_named_with_its_reason(fathom: Fathom) -> None:
    mode, why = journal_for(sqlite3.sqlite_version_info)
    found = rows(fathom("doctor", "--json"))["sqlite"]["found"]
    assert found == f"{sqlite3.sqlite_version}, journal {mode}: {why}"


def test_a_ledger_that_is_not_there_is_not_made(fathom: Fathom, tmp_path: Path) -> None:
    assert "made when the first question is asked" in rows(fathom("doctor", "--json"))["ledger"]["found"]
    assert not (tmp_path / "ledger.db").exists()


def test_a_ledger_is_described_and_others_must_not_open_it(fathom: Fathom, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(Store.open(f"sqlite:///{path}")).runs()
    checks = fathom("doctor", "--json").json["checks"]
    (found,) = [check for check in checks if check["name"] == "ledger"]
    assert found["status"] == "ok"
    assert str(path) in found["found"]
    assert "schema 0002" in found["found"]
    path.chmod(0o644)
    ran = fathom("doctor", "--json")
    (warning,) = [check for check in ran.json["checks"] if check["status"] == "warn" and check["name"] == "ledger"]
    assert warning["next"] == f"chmod 600 {path}"
    assert ran.code == 0


def test_a_file_that_is_no_ledger_is_a_failure(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("not a database at all, but long enough to be taken for one", "utf-8")
    ran = fathom("doctor", "--json")
    assert ran.code == 1
    assert rows(ran)["ledger"]["status"] == "fail"
    assert "--ledger URL" in rows(ran)["ledger"]["next"]


def test_a_ledger_of_an_unknown_kind_is_a_failure(fathom: Fathom) -> None:
    ran = fathom("doctor", "--ledger", "mysql://me:secret@host/base", "--json")
    assert ran.code == 1
    assert "secret" not in ran.out


@pytest.mark.parametrize(("free", "status"), [(10 << 30, "ok"), (1 << 30, "warn"), (100 << 20, "fail")])
def test_a_disk_that_fills_up_is_seen(free: int, status: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 0, free))
    assert doctor.disk(tmp_path).status == status


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["numpy>=2", "no-such-package>=1", 'pytest>=9; extra == "dev"'])
    check = doctor.packages()
    assert (check.status, check.next) == ("fail", "pip install no-such-package")


def test_an_index_is_checked_file_by_file_and_searched(fathom: Fathom, index: str) -> None:
    ran = fathom("doctor", "--index", index, "--json")
    assert ran.code == 0
    assert "5 documents, 6 passages" in rows(ran)["index"]["found"]
    assert "every hash right" in rows(ran)["index"]["found"]
    assert rows(ran)["self-test"]["status"] == "ok"


def test_one_flipped_bit_of_an_index_is_a_failure(fathom: Fathom, index: str, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "copy.index")
    (folder,) = (tmp_path / "copy.index").glob("gen-*")
    path = folder / "public" / "passage" / "items.arrow"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    ran = fathom("doctor", "--index", str(tmp_path / "copy.index"), "--json")
    assert ran.code == 1
    assert rows(ran)["index"]["status"] == "fail"
    assert "items.arrow is damaged" in rows(ran)["index"]["found"]
    assert rows(ran)["index"]["next"].startswith("build it again")


def test_an_endpoint_is_asked_for_one_tool_call_and_its_context_length(fathom: Fathom) -> None:
    with StubServer("ok", Reply(calls=[SEARCH])) as server:
        ran = fathom("doctor", "--endpoint", server.url, "--model", "stub", "--json")
    found = rows(ran)
    assert ran.code == 0
    assert "stub at" in found["endpoint"]["found"]
    assert found["tool call"] == {"name": "tool call", "status": "ok", "found": "made when asked for", "next": ""}
    # The server says 8,192 tokens, the setting 32,768: prompts would be cut off.
    assert found["context"]["status"] == "warn"
    assert found["context"]["next"] == "set FATHOM_CONTEXT=8192"


def test_a_model_that_calls_no_tool_is_a_warning(fathom: Fathom) -> None:
    with StubServer("ok", models=respond(200, '{"data": []}')) as server:
        ran = fathom("doctor", "--endpoint", server.url, "--model", "stub", "--json")
    assert ran.code == 0
    assert rows(ran)["tool call"]["status"] == "warn"
    assert "FATHOM_CONTEXT is 32,768" in rows(ran)["context"]["found"]


def test_an_endpoint_that_is_down_is_a_failure(fathom: Fathom) -> None:
    with StubServer() as server:
        url = server.url
    ran = fathom("doctor", "--endpoint", url, "--model", "stub", "--json")
    assert ran.code == 1
    assert "could not be reached" in rows(ran)["endpoint"]["found"]


def test_an_endpoint_of_the_settings_is_asked_only_when_told_to(fathom: Fathom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_ENDPOINT", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("FATHOM_MODEL", "stub")
    assert "not asked" in rows(fathom("doctor", "--json"))["endpoint"]["found"]


def test_a_key_is_never_shown(fathom: Fathom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_API_KEY", "sk-canary-0123456789")
    with StubServer("401") as server:
        told = [fathom("doctor", *more) for more in ([], ["--json"], ["--endpoint", server.url, "--model", "stub"])]
    assert all("canary" not in ran.out + ran.err for ran in told)
    assert rows(told[1])["api key"]["found"] == "set, not shown"


def test_people_see_a_sign_a_name_and_what_to_do(fathom: Fathom) -> None:
    ran = fathom("doctor", "--index", "nowhere.index")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("✓ python")
    assert lines[-2].startswith("✗ index")
    assert lines[-1].strip() == "next  fathom index DOCS --out nowhere.index"


def test_it_is_quick_and_does_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys, time; from ui.cli import main; assert main(['doctor', '--json']) == 0; "
        "print(time.process_time(), 'torch' in sys.modules, file=sys.stderr)"
    )
    environment = {**os.environ, "FATHOM_LEDGER": f"sqlite:///{tmp_path}/ledger.db"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    seconds, torch = ran.stderr.split()[-2:]
    assert float(seconds) < 5
    assert torch == "False"


def test_the_checks_are_named_once_each(tmp_path: Path) -> None:
    settings = Settings.load(ledger=f"sqlite:///{tmp_path}/ledger.db")
    assert [check.name for check in doctor.checks(settings)] == NAMES
