"""Settings: flags above FATHOM_* above the file, and every mistake named without repeating a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model.endpoint import Price
from agent.settings import Settings
from retrievers.errors import FathomError, MissingSource, UsageError

CANARY = "canary-4f7a90c1d2"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests."""
    import os

    for name in [name for name in os.environ if name.startswith(("FATHOM_", "OPENAI_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "fathom.toml"
        path.write_text(text, "utf-8")
        return path

    return written


def test_a_flag_beats_the_environment_which_beats_the_file(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    write('model = "file"\nendpoint = "http://file/v1"\ndeadline = 7')
    monkeypatch.setenv("FATHOM_MODEL", "environment")
    monkeypatch.setenv("FATHOM_ENDPOINT", "http://environment/v1")
    settings = Settings.load(model="flag", endpoint=None)
    assert (settings.model, settings.endpoint, settings.deadline) == ("flag", "http://environment/v1", 7.0)


def test_the_defaults_are_the_documented_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load()
    assert settings.ledger == f"sqlite:///{tmp_path}/home/.local/share/fathom/ledger.db"
    assert settings.cache == tmp_path / "home/.cache/fathom"
    assert (settings.data, settings.endpoint, settings.model, settings.api_key, settings.prices) == (None, None, None, None, {})
    assert (settings.connect, settings.deadline, settings.max_bytes, settings.retries) == (5.0, 300.0, 4 << 20, 2)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/counts/as/unset")
    assert Settings.load().ledger == f"sqlite:///{tmp_path}/state/fathom/ledger.db"
    assert Settings.load().cache == tmp_path / "home/.cache/fathom"


def test_the_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('model = "m"\n[prices.m]\ninput = 1\noutput = 2', "utf-8")
    monkeypatch.setenv("FATHOM_SETTINGS", str(tmp_path / "mine.toml"))
    assert Settings.load().prices == {"m": Price(1.0, 2.0)}
    monkeypatch.setenv("FATHOM_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(FathomError, match=r"none\.toml cannot be read") as caught:
        Settings.load()
    assert "FATHOM_SETTINGS" in caught.value.next


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("modle = 'm'", "'modle'"),
        ("model = ", "fathom.toml is not TOML"),
        ("deadline = 'soon'", "'deadline'"),
        ("[prices.m]\ninput = 1", "'prices' (m.output)"),
        ("[prices.m]\ninput = -1\noutput = 1", "a price of -1"),
        ("dialect = 'latin'", "'dialect'"),
        ("context = 7", "'context'"),
    ],
)
def test_a_mistake_in_the_file_is_named(write: Callable[[str], Path], text: str, named: str) -> None:
    write(text)
    with pytest.raises(FathomError) as caught:
        Settings.load()
    assert named in str(caught.value)


def test_a_misspelt_key_is_told_the_nearest(write: Callable[[str], Path]) -> None:
    write("modle = 'm'")
    with pytest.raises(FathomError) as caught:
        Settings.load()
    assert caught.value.expected == "'model', perhaps"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "fathom.toml").write_bytes(b"model = '\xff\xfe'")
    with pytest.raises(FathomError, match="is not TOML"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [("FATHOM_DEADLINE", "soon", "'deadline'"), ("FATHOM_PRICES", "{", "prices"), ("FATHOM_RETRIES", "1.5", "'retries'")],
)
def test_a_mistake_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(FathomError) as caught:
        Settings.load()
    assert named in str(caught.value)


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(FathomError, match="'modle' is no setting"):
        Settings.load(modle="m")


def test_no_secret_is_in_a_repr_or_an_error(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_API_KEY", CANARY)
    monkeypatch.setenv("FATHOM_LEDGER", f"postgresql://me:{CANARY}@host/ledger")
    settings = Settings.load(endpoint="http://host/v1", model="m")
    assert CANARY not in f"{settings!r} {settings} {settings.for_endpoint()!r}"
    assert settings.for_endpoint().secret == CANARY
    monkeypatch.delenv("FATHOM_API_KEY")
    write(f"api_key = ['{CANARY}']")
    with pytest.raises(FathomError) as caught:
        Settings.load()
    assert "'api_key'" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_an_endpoint_takes_the_models_price_and_limits(write: Callable[[str], Path]) -> None:
    write('endpoint = "http://host/v1/"\nmodel = "m"\ndeadline = 9\nreply_tokens = 7\n[prices.m]\ninput = 1\noutput = 2')
    endpoint = Settings.load().for_endpoint()
    assert (endpoint.url, endpoint.model, endpoint.deadline, endpoint.reply_tokens) == ("http://host/v1", "m", 9.0, 7)
    assert endpoint.cost(1_000_000, 500_000) == 2.0
    other = Settings.load().for_endpoint("http://elsewhere/v1", "n")
    assert (other.url, other.model, other.cost(1, 1)) == ("http://elsewhere/v1", "n", None)


@pytest.mark.parametrize("flags", [{}, {"endpoint": "http://host/v1"}, {"model": "m"}])
def test_a_missing_endpoint_or_model_names_the_flags(flags: dict[str, str]) -> None:
    with pytest.raises(MissingSource) as caught:
        Settings.load(**flags).for_endpoint()
    assert "--endpoint URL --model NAME" in caught.value.next


def test_a_limit_that_cannot_work_is_refused() -> None:
    with pytest.raises(UsageError):
        Settings.load(endpoint="http://host/v1", model="m", deadline=-1).for_endpoint()


def test_the_key_of_openai_goes_to_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    settings = Settings.load(model="m")
    assert settings.for_endpoint("https://api.openai.com/v1").secret == CANARY
    for url in ("http://127.0.0.1:8000/v1", "https://api.openai.com.example.org/v1"):
        assert settings.for_endpoint(url).secret == ""
    monkeypatch.setenv("FATHOM_API_KEY", "mine")
    assert Settings.load(model="m").for_endpoint("https://api.openai.com/v1").secret == "mine"
