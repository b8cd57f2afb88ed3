"""The systems that an evaluation compares: recipes alone or with an agent, at each effort, with each setting that is varied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from agent.spec import Spec, effort
from retrievers.errors import UsageError
from retrievers.vary import Setting

GIVEN = " given gold"
_EXAMPLE = "--vary 'hybrid.k=10,60,100'"


@dataclass(frozen=True)
class Varied:
    """A setting of a recipe, by its path, and the values that it takes in turn.

    >>> Varied.parse("hybrid.k=10,60", ["hybrid"])
    Varied(recipe='hybrid', path='k', values=('10', '60'))
    """

    recipe: str
    path: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, recipes: Sequence[str]) -> Varied:
        """What `RECIPE.PATH=VALUE,...` says. Raises `UsageError` for another form, or a recipe that is not compared."""
        where, equals, told = text.partition("=")
        values = tuple(dict.fromkeys(value.strip() for value in told.split(",")))
        if not equals or not all(values):
            raise UsageError(f"the varied setting {text!r}", "a recipe's setting and its values", _EXAMPLE)
        owners = [name for name in recipes if where.startswith(f"{name}.") and len(where) > len(name) + 1]
        if not owners:
            named = ", ".join(recipes)
            raise UsageError(f"the varied setting {text!r} is of no recipe that is compared", f"one of {named}", _EXAMPLE)
        recipe = max(owners, key=len)
        return cls(recipe, where[len(recipe) + 1 :], values)


def grid(
    base: Spec, recipes: Sequence[str], efforts: Sequence[str] = (), varied: Sequence[Varied] = (), *, gold: bool = False
) -> tuple[Spec, ...]:
    """A spec for each system: every recipe, with every combination of its varied settings, at every effort; each has a label of
    its own, and the first is what the others are measured against. With `gold`, each is followed by the same reader given its
    gold documents alone.

    >>> [spec.label for spec in grid(base, ["bm25", "hybrid"], varied=[Varied("hybrid", "k", ("10", "60"))])]
    ['bm25', 'hybrid k=10', 'hybrid k=60']
    """
    levels = [effort(name) for name in dict.fromkeys(efforts)] or [base.effort]
    found = [
        replace(base, recipe=recipe, varied=settings, effort=level, label=_label(recipe, settings, level.name, len(levels)))
        for recipe in dict.fromkeys(recipes)
        for settings in _settings(recipe, varied)
        for level in levels
    ]
    return tuple(one for spec in found for one in ([spec, given_gold(spec)] if gold else [spec]))


def given_gold(spec: Spec) -> Spec:
    """The same system, that searches each question's gold documents alone."""
    return replace(spec, given="gold", label=spec.label + GIVEN)


def _settings(recipe: str, varied: Sequence[Varied]) -> Iterator[tuple[tuple[str, Setting], ...]]:
    own: Mapping[str, tuple[str, ...]] = {one.path: one.values for one in varied if one.recipe == recipe}
    for values in product(*own.values()):
        yield tuple(zip(own, values, strict=True))


def _label(recipe: str, settings: Sequence[tuple[str, Setting]], effort: str, efforts: int) -> str:
    words = [recipe, *(f"{path}={value}" for path, value in settings), *([effort] if efforts > 1 else [])]
    return " ".join(words)
