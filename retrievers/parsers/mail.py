"""Mail (eml): who wrote to whom and when, and the body; attachments are named, not read."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import cast

from retrievers.parsers import web
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable
from retrievers.parsers.text import decode, told

_HEADERS = ("From", "To", "Cc", "Date")


def parse(request: Request) -> list[Parsed]:
    """A message: its subject is the title, the text begins with From, To, Cc and Date, then the plain body, else the HTML one."""
    message = message_from_bytes(request.path.read_bytes(), policy=policy.default)
    headers = {name: " ".join(str(message[name]).split()) for name in _HEADERS if message[name]}
    if not headers and not message["Subject"]:
        raise Unreadable("has none of the headers of a mail", "give a message in the format of RFC 5322")
    draft = Draft(request.limit)
    for name, value in headers.items():
        draft.paragraph(f"{name}: {value}", close=True)
    guessed = _body(draft, message)
    attached = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    about = told(guessed)
    fields = {**about.get("fields", {}), **{name.lower(): value for name, value in headers.items() if name != "Date"}}
    notes = (*about.get("notes", ()), *(f"the attachment {name!r} was not read" for name in attached))
    title = " ".join(str(message["Subject"] or "").split())
    return [Parsed(draft.text, tuple(draft.marks), title, _date(message), {**fields, "attachments": attached}, notes)]


def _body(draft: Draft, message: EmailMessage) -> str:
    """Write the body; the encoding where it had to be guessed."""
    from bs4 import BeautifulSoup

    part = message.get_body(("plain", "html"))
    content = cast("bytes | None", part.get_payload(decode=True)) if part is not None else None
    if part is None or not content:
        return ""
    text, guessed = decode(content, part.get_content_charset() or "")
    if part.get_content_subtype() == "html":
        web.fill(draft, BeautifulSoup(text, "lxml"))
    else:
        draft.paragraph(text)
    return guessed


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(str(message["Date"])).date().isoformat() if message["Date"] else ""
    except ValueError:
        return ""
