"""The doctor's findings as a page tells them: to a single user as they are; behind a header nothing of others, and no paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ui.doctor import Check, Status

ICONS: dict[Status, str] = {"ok": ":material/check_circle:", "warn": ":material/warning:", "fail": ":material/error:"}
WORDS: dict[Status, str] = {"ok": "well", "warn": "look at it", "fail": "broken"}
_OPEN = ("python", "packages", "gpu", "sqlite", "api key", "tool call", "context", "self-test")
_SAID: dict[tuple[str, Status], str] = {
    ("encoder", "ok"): "installed",
    ("ledger", "ok"): "open, and its schema is this version's",
    ("disk", "ok"): "room enough",
    ("index", "ok"): "whole: every file's hash is right",
    ("endpoint", "ok"): "a language model is set",
}
_ASK = "tell whoever runs this server"


def shown(found: Iterable[Check], *, alone: bool) -> Iterator[Check]:
    """The checks as this visitor may see them.

    >>> list(shown([Check("disk", "fail", "3 MB free at /srv", "free some space")], alone=False))
    [Check(name='disk', status='fail', found='not well', next='tell whoever runs this server')]
    """
    for check in found:
        if alone or (check.name in _OPEN and check.status == "ok"):
            yield check
        elif check.name == "index" and check.status == "warn":
            continue  # what was skipped is told on the page Corpus, to each what is theirs
        else:
            said = _SAID.get((check.name, check.status), "well" if check.status == "ok" else "not well")
            yield replace(check, found=said, next="" if check.status == "ok" else _ASK)


def verdict(found: Iterable[Check]) -> tuple[Status, str]:
    """The worst status, and all in one sentence.

    >>> verdict([Check("python", "ok", "3.11"), Check("disk", "warn", "1 GB free")])
    ('warn', '1 of 2 checks wants a look')
    """
    known = list(found)
    bad = [check for check in known if check.status == "fail"]
    odd = [check for check in known if check.status == "warn"]
    if bad:
        return "fail", f"{len(bad)} of {len(known)} checks failed"
    if odd:
        return "warn", f"{len(odd)} of {len(known)} checks {'wants' if len(odd) == 1 else 'want'} a look"
    return "ok", f"all {len(known)} checks are well"
