"""Fixtures of the fault tests: the databases."""

from __future__ import annotations

from tests.faults.databases import ledger_url, postgres  # noqa: F401
