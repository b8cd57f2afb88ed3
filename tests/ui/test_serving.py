"""How the chat is served: the options that must be, and that the server's own parser knows each of them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit import config

from ui.serving import APP, UPLOAD_MB, options

MUST = {
    "server.address": "127.0.0.1",
    "server.port": "8501",
    "server.headless": "true",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.maxUploadSize": "10",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "runner.magicEnabled": "false",
}


def given() -> dict[str, str]:
    return dict(option.removeprefix("--").split("=", 1) for option in options("127.0.0.1", 8501))


@pytest.mark.parametrize("name", MUST)
def test_an_option_that_must_be(name: str) -> None:
    assert given()[name] == MUST[name]


def test_uploads_are_capped() -> None:
    assert UPLOAD_MB == 10


def test_the_server_knows_every_option() -> None:
    known: Any = config._config_options_template
    assert [name for name in given() if name not in known] == []


def test_the_address_is_the_one_that_is_asked_for() -> None:
    assert options("::1", 9000)[:2] == ["--server.address=::1", "--server.port=9000"]


def test_the_app_is_there() -> None:
    assert APP.is_file()


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of a colour `#RRGGBB`."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_the_standard_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["textColor", "linkColor"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_can_be_read_on_every_ground(scheme: str, text: str, ground: str) -> None:
    own = given()
    assert contrast(own[f"theme.{scheme}.{text}"], own[f"theme.{scheme}.{ground}"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_white_can_be_read_on_a_button(scheme: str) -> None:
    assert contrast(given()[f"theme.{scheme}.primaryColor"], "#FFFFFF") >= 4.5
