"""What was worked out once and is asked for again at every drawing: a few values, by index and reader."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass
class Memo:
    """The last `most` values that were asked for. A key holds all that the value depends on, the reader too.

    >>> Memo().value(("holdings", index.identity, reader), lambda: holdings(index, reader))
    """

    most: int = 64
    _held: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict[Hashable, Any])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def value(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under `key`, made now where it is not held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return cast(T, self._held[key])
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made
