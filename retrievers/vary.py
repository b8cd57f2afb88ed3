"""The same recipe with another setting: a stage's fields by dotted paths, from its outermost stage inwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from retrievers.base import Stage
from retrievers.errors import UsageError

Setting = int | float | bool | str | None


def settings(stage: Stage) -> Mapping[str, Setting]:
    """Every setting of a stage by its path, `stages.0.b` or `method.k`; what a repr leaves out is none.

    >>> settings(Fuse((BM25(index), Dense(index))))["method.k"]
    60
    """
    return {path: value for path, value, _ in _walk(stage, ())}


def vary(stage: Stage, path: str, value: str | Setting) -> Stage:
    """The same stage with another value at `path`: a whole path, or the end of one that no other path has.

    A text is read as what stands there now. Raises `UsageError` naming the paths that there are, or what the value should be.

    >>> vary(Fuse((BM25(index), Dense(index))), "k", "10").method
    ReciprocalRank(k=10)
    """
    known = {whole: (now, kind) for whole, now, kind in _walk(stage, ())}
    whole = _meant(path, {name: now for name, (now, _) in known.items()})
    return cast("Stage", _changed(stage, whole.split("."), _read(path, value, *known[whole])))


def _walk(value: object, path: tuple[str, ...], kind: str = "") -> Iterator[tuple[str, Setting, str]]:
    """Each setting's path, its value, and what its class says that it is."""
    if is_dataclass(value):
        for field in fields(value):
            if field.init and not (field.repr is False or field.name.startswith("_")):
                yield from _walk(getattr(value, field.name), (*path, field.name), str(field.type))
    elif isinstance(value, tuple):
        for place, one in enumerate(cast("tuple[object, ...]", value)):
            yield from _walk(one, (*path, str(place)), kind)
    elif value is None or isinstance(value, int | float | str):
        yield ".".join(path), value, kind


def _meant(path: str, known: Mapping[str, Setting]) -> str:
    if path in known:
        return path
    found = [whole for whole in known if whole.endswith(f".{path}")]
    if len(found) == 1:
        return found[0]
    happened = f"{path!r} could be {len(found)} settings" if found else f"no setting {path!r}"
    there = ", ".join(f"{name}={value}" for name, value in known.items() if name in (found or known)) or "a recipe with settings"
    raise UsageError(happened, f"one of {there}", f"--vary RECIPE.{found[0]}=..." if found else "--vary hybrid.k=10,60")


def _changed(value: Any, path: list[str], new: Setting) -> Any:
    """`value` with `new` at `path`; everything on the way is made anew, so that its own checks apply."""
    if not path:
        return new
    name, *rest = path
    if isinstance(value, tuple):
        held = list(cast("tuple[Any, ...]", value))
        held[int(name)] = _changed(held[int(name)], rest, new)
        return tuple(held)
    return replace(value, **{name: _changed(getattr(value, name), rest, new)})


def _read(path: str, value: str | Setting, now: Setting, kind: str) -> Setting:
    """The value in a type that the setting's class knows."""
    read: Any = value
    if isinstance(value, str) and not (isinstance(now, str) and value):
        with suppress(ValueError):
            read = json.loads(value)
    if _fits(read, kind):
        return read
    raise UsageError(f"the setting {path}={value}", f"{kind}, like {now!r}", f"--vary RECIPE.{path}={now}")


def _fits(value: object, kind: str) -> bool:
    """Whether a value is of an annotation like `float | None`, `int`, `tuple[float, ...]` for its members, or `Literal[...]`."""
    words = set(re.findall(r"[A-Za-z_]+", kind))
    if isinstance(value, bool) or value is None:
        return type(value).__name__ in words or (value is None and "None" in words)
    if isinstance(value, int):
        return bool(words & {"int", "float"})
    return type(value).__name__ in words or (isinstance(value, str) and "Literal" in words and value in words)
