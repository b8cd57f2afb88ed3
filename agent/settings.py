"""Where things are and how much is allowed: flags, then FATHOM_* of the environment, then a settings file."""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from agent.model.endpoint import Dialect, Endpoint, Price, TokenLimit
from retrievers.errors import FathomError, MissingSource

FILE = "fathom.toml"


def _home(variable: str, *fallback: str) -> Path:
    """A folder of the XDG base directory specification; a relative value counts as unset."""
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home().joinpath(*fallback)) / "fathom"


def _ledger() -> str:
    return f"sqlite:///{_home('XDG_DATA_HOME', '.local', 'share') / 'ledger.db'}"


class Settings(BaseSettings):
    """All that Fathom is told about its surroundings; nothing secret is in its repr.

    Each field can be given as a flag, as FATHOM_<FIELD> in the environment, or in the settings file: `fathom.toml` in the current
    folder, or the file that FATHOM_SETTINGS names. `ledger` is a SQLAlchemy URL, by default a SQLite file in the user's data
    folder. `cache` keeps the indexes of evaluations; `data` is the folder in which a data set's name is looked up. The chat finds
    its corpora in `home`, opens on `index`, offers the recipes of the file `recipes` too, and learns from the header
    `user_header` who a proxy signed in. `endpoint` and `model` say which language model is asked, `context` how many tokens it
    can read. `prices` maps a model to what a million tokens cost: {"qwen3-8b": {"input": 0.1, "output": 0.4}}; a model without a
    price costs an unknown amount, not nothing. The rest are the limits of one call: see `Endpoint`.

    >>> Settings.load(model="qwen3-8b").deadline
    300.0
    """

    model_config = SettingsConfigDict(env_prefix="FATHOM_", extra="forbid", frozen=True, hide_input_in_errors=True)

    ledger: str = Field(default_factory=_ledger, repr=False)
    cache: Path = Field(default_factory=lambda: _home("XDG_CACHE_HOME", ".cache"))
    data: Path | None = None
    home: Path = Field(default_factory=lambda: _home("XDG_DATA_HOME", ".local", "share") / "corpora")
    index: Path | None = None
    recipes: Path | None = None
    user_header: str | None = Field(default=None, min_length=1)
    endpoint: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    context: int = Field(default=32_768, ge=512)
    prices: dict[str, Price] = Field(default_factory=dict[str, Price])
    connect: float = 5.0
    idle: float = 120.0
    deadline: float = 300.0
    max_bytes: int = 4 << 20
    reply_tokens: int = 4096
    retries: int = 2
    dialect: Dialect = "native"
    limit_field: TokenLimit = "max_tokens"

    @classmethod
    def load(cls, **flags: Any) -> Settings:
        """The settings, `flags` above all else; a flag that is None was not given. Raises `FathomError` naming what is wrong."""
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            raise _named(error) from None
        except SettingsError as error:
            raise FathomError(str(error), "a value in JSON", "see fathom doctor for the settings in force") from None

    def for_endpoint(self, endpoint: str | None = None, model: str | None = None) -> Endpoint:
        """The endpoint to ask, these two above the settings' own. Raises `MissingSource` where either is not known.

        OPENAI_API_KEY counts where FATHOM_API_KEY is not set, and only for api.openai.com: it is sent nowhere else.
        """
        url, name = endpoint or self.endpoint, model or self.model
        if not url or not name:
            missing = "endpoint" if not url else "model"
            raise MissingSource(
                f"no {missing} of a language model is set",
                "an OpenAI-compatible endpoint and a model",
                "add --endpoint URL --model NAME, or set FATHOM_ENDPOINT and FATHOM_MODEL",
            )
        return Endpoint(
            url.rstrip("/"),
            name,
            self.api_key or _openai_key(url),
            self.prices.get(name),
            self.connect,
            self.idle,
            self.deadline,
            self.max_bytes,
            self.retries,
            reply_tokens=self.reply_tokens,
            dialect=self.dialect,
            limit_field=self.limit_field,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, the environment, the file: no other source."""
        return init_settings, env_settings, _File(settings_cls)


class _File(PydanticBaseSettingsSource):
    """The settings file, if there is one."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        named = os.environ.get("FATHOM_SETTINGS")
        path = Path(named or FILE)
        if named is None and not path.is_file():
            return {}
        values = _read(path)
        for key in values:
            if key not in self.settings_cls.model_fields:
                near = get_close_matches(key, self.settings_cls.model_fields, 1)
                raise FathomError(
                    f"{path} sets {key!r}, which is no setting",
                    f"{near[0]!r}, perhaps" if near else "one of " + ", ".join(self.settings_cls.model_fields),
                    f"correct that line of {path}",
                )
        return values


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        happened = f"the settings file {path} cannot be read: {error.strerror}"
        raise FathomError(happened, "a readable file", "correct FATHOM_SETTINGS") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        happened = f"the settings file {path} is not TOML: {error}"
        raise FathomError(happened, 'lines like model = "qwen3-8b"', f"correct {path}") from None


def _named(error: ValidationError) -> FathomError:
    """The first thing that is wrong, by the names under which it is set; the value is not repeated: it may be a secret."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "a setting"
    if first["type"] == "extra_forbidden":
        return FathomError(f"{field!r} is no setting", "one of " + ", ".join(Settings.model_fields))
    place = ".".join(str(part) for part in first["loc"][1:])
    return FathomError(
        f"the setting {field!r}{f' ({place})' if place else ''} cannot be used: {first['msg']}",
        "a value of its kind",
        f"set FATHOM_{field.upper()} or the line {field!r} of {FILE} anew",
    )


def _openai_key(url: str) -> SecretStr | None:
    key = os.environ.get("OPENAI_API_KEY")
    return SecretStr(key) if key and urlsplit(url).hostname == "api.openai.com" else None
