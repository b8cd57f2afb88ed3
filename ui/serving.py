"""How the chat is served: on this machine alone, telling nobody, in one theme. Every option that Streamlit is started with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

APP = Path(__file__).parent / "app.py"
UPLOAD_MB = 10

_SAFE: Mapping[str, str] = {
    "server.headless": "true",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.maxUploadSize": str(UPLOAD_MB),
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "runner.magicEnabled": "false",
    "global.disableWidgetStateDuplicationWarning": "true",
    "runner.fastReruns": "true",
    # Streamlit would collect garbage after each run of the script: 0.1 s and more in a process with a loaded model.
    "runner.postScriptGC": "false",
}

# Text on each background, and the primary colour under white, keep a contrast of 4.5 to 1 or more (WCAG AA).
_THEME: Mapping[str, str] = {
    "baseRadius": "0.5rem",
    "showWidgetBorder": "true",
    "light.primaryColor": "#0B5C7A",
    "light.backgroundColor": "#FFFFFF",
    "light.secondaryBackgroundColor": "#F3F6F8",
    "light.textColor": "#17242E",
    "light.linkColor": "#0B5C7A",
    "light.borderColor": "#D5DEE4",
    "dark.primaryColor": "#26789C",
    "dark.backgroundColor": "#10181F",
    "dark.secondaryBackgroundColor": "#1A252E",
    "dark.textColor": "#E8EEF2",
    "dark.linkColor": "#86CBEA",
    "dark.borderColor": "#33434F",
}


# Where nobody signs in, a page under another name that was made to lead here (DNS rebinding) must not be served.
_OWN = ("localhost", "127.0.0.1", "::1")


def options(address: str, port: int, *, named: bool = False) -> list[str]:
    """The options of `streamlit run` for this address and port; `named` where it may be reached under any name, by a proxy.

    >>> options("127.0.0.1", 8501)[:2]
    ['--server.address=127.0.0.1', '--server.port=8501']
    """
    given = {"server.address": address, "server.port": str(port), **_SAFE}
    given |= {f"theme.{name}": value for name, value in _THEME.items()}
    hosts = [] if named else [f"--server.allowedHosts={name}" for name in _OWN]
    return [*(f"--{name}={value}" for name, value in given.items()), *hosts]
