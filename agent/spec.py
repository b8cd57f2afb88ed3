"""What a run is: everything that decides its result, as a value that the ledger keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from agent.state import EFFORTS, Effort
from retrievers.errors import FathomError, UsageError
from retrievers.scope import Scope
from retrievers.vary import Setting

POLICIES = ("extractive", "chat")
NONE = "none"


@dataclass(frozen=True)
class Spec:
    """A run's configuration: where it searches and how, who decides, what it may spend, and for whom.

    `user` is the query's: none sees the public part alone. `identity` is the index generation
    and `stage` the recipe in full, both filled in when the run starts.
    `reflect` off leaves out following up; `parallel` is how many questions are researched at a time. `dataset` is what an
    evaluation asks, `label` its name for this system among others; the policy `none` is that of one of retrieval alone: each
    question is searched as it stands, once, and its first `depth` places are measured. With the `level` records, documents take
    the place of their best parts (MaxP). With `given` gold, each question is searched among its gold documents alone: the most
    that its reader could do. `varied` are settings of the recipe that are not its own, by their paths. `prompts`
    and `source` tell by a hash what a model is told and what stands in the file `recipes`.

    >>> Spec(index="papers.index", effort=effort("deep"))
    """

    index: str
    recipe: str = "hybrid"
    recipes: str | None = None
    policy: str = "extractive"
    effort: Effort = EFFORTS["standard"]
    user: str | None = None
    scope: Scope = field(default_factory=Scope)
    endpoint: str = ""
    model: str = ""
    reflect: bool = True
    parallel: int = 1
    identity: str = ""
    stage: str = ""
    dataset: str = ""
    level: str = ""
    label: str = ""
    depth: int = 0
    varied: tuple[tuple[str, Setting], ...] = ()
    prompts: str = ""
    source: str = ""
    given: Literal["", "gold"] = ""

    def __post_init__(self) -> None:
        if self.policy not in (*POLICIES, NONE):
            raise UsageError(f"no policy {self.policy!r}", f"one of {', '.join(POLICIES)}", "--policy extractive")
        if self.policy == "chat" and not (self.endpoint and self.model):
            raise UsageError(
                "the policy 'chat' asks a language model and was given none",
                "an OpenAI-compatible endpoint and a model's name",
                "add --endpoint URL --model NAME, or use --policy extractive",
            )

    @property
    def alone(self) -> bool:
        """Whether the recipe is measured alone: nobody reads what it finds, and nothing is answered."""
        return self.policy == NONE

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Spec:
        """What `as_json` gave. Raises `FathomError` for anything else: a ledger may be older or newer than this code."""
        try:
            scope = Scope(**{name: tuple(map(_value, values)) for name, values in stored["scope"].items()})
            varied = tuple((str(path), value) for path, value in stored.get("varied", ()))
            values: dict[str, Any] = {**stored, "effort": Effort(**stored["effort"]), "scope": scope, "varied": varied}
            return cls(**values)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            happened = f"the settings of a run cannot be read: {type(error).__name__} {error}"
            raise FathomError(happened, "a run of this version of Fathom", "ask its question again") from error

    def on(self, identity: str, **made: str) -> Spec:
        """The same, on this generation of the index; `made` are the other fields that are known when a run starts."""
        return replace(self, identity=identity, **made)


def effort(name: str) -> Effort:
    """The effort of this name; raises `UsageError` naming the nearest."""
    if name in EFFORTS:
        return EFFORTS[name]
    near = get_close_matches(name, EFFORTS, n=1)
    raise UsageError(f"no effort {name!r}", f"one of {', '.join(EFFORTS)}", f"--effort {near[0] if near else 'standard'}")


def _value(value: Any) -> Any:
    """JSON knows no tuples: a pair comes back as a list."""
    return tuple(value) if isinstance(value, list) else value
