"""The time of one run of the chat's script inside a process, over a ledger with many conversations.

    python -m ui.bench_rerun INDEX FOLDER CONVERSATIONS REPEATS

Prints the seconds of each run as JSON: with a new conversation open, and with one that was answered.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import Spec
from agent.store import Store
from ui.service import PURPOSE, Service
from ui.serving import APP
from ui.visit import LOCAL

QUESTION = "Who discovered Titan, and in which year?"
_WARM = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a ledger below FOLDER, then time the script; 0.

    >>> main(["demo.index", "/tmp/folder", "500", "30"])
    """
    index, folder, conversations, repeats = sys.argv[1:] if arguments is None else arguments
    os.environ |= {
        "FATHOM_INDEX": index,
        "FATHOM_HOME": str(Path(folder) / "home"),
        "FATHOM_LEDGER": f"sqlite:///{Path(folder) / 'ledger.db'}",
    }
    answered = _fill(Settings.load(), int(conversations))
    told = {"new": _timed(int(repeats)), "answered": _timed(int(repeats), answered)}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _fill(settings: Settings, conversations: int) -> str:
    """Conversations of one question each, the last of them answered; that one's id."""
    spec = Spec(str(settings.index))
    ledger = Ledger(Store.open(settings.ledger), LOCAL)
    for number in range(conversations - 1):
        run = ledger.start_run(spec.as_json(), [f"Question {number}: {QUESTION}"], purpose=PURPOSE)
        ledger.finish_run(run, "done")
    runs = Service.open(settings).runs(LOCAL)
    run = runs.start([QUESTION], spec, purpose=PURPOSE)
    runs.wait(run)
    return ledger.run(run).conversation


def _timed(repeats: int, conversation: str | None = None) -> list[float]:
    """Seconds of each run of the whole script, drawn elements parsed, after a few that warm it up."""
    from streamlit.testing.v1 import AppTest

    page: Any = AppTest.from_file(str(APP), default_timeout=120)
    if conversation is not None:
        page.query_params["conversation"] = conversation
    seconds: list[float] = []
    for _ in range(_WARM + repeats):
        began = time.perf_counter()
        page.run()
        seconds.append(time.perf_counter() - began)
    if page.exception or page.error or not page.chat_input:
        raise SystemExit(f"the page is not as it should be: {[one.value for one in (*page.exception, *page.error)]}")
    return seconds[_WARM:]


if __name__ == "__main__":
    sys.exit(main())
