"""Which sentences to quote: the one that answers, then those that say most of what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence

from agent.extraction.coverage import Coverage
from agent.extraction.lines import Line

MOST = 4
_TIED, _APART = 0.08, 0.2


def choose(coverage: Coverage, first: Sequence[Line], most: int = MOST) -> tuple[Line, ...]:
    """One to `most` lines: `first` as they are, then greedily the line that says most of the question that is not yet said.

    A line that neither shares a name with a chosen one nor stands in its document must say more. In the order they were shown.

    >>> [line.text for line in choose(coverage, [answering])]
    ['Ole Rømer was born in Aarhus on 25 September 1644.', 'A young Dane who helped him was Ole Rømer.']
    """
    chosen = list(dict.fromkeys(first))[:most]
    while len(chosen) < most:
        said = frozenset[int]().union(*(_says(coverage, line) for line in chosen))
        gains = [(coverage.share(_says(coverage, line) - said), line) for line in coverage.lines if line not in chosen]
        worth = [
            (gain, -line.place, line) for gain, line in gains if gain >= (_TIED if _tied(coverage, line, chosen) else _APART)
        ]
        if not worth:
            break
        chosen.append(max(worth, key=lambda one: one[:2])[2])
    return tuple(sorted(chosen, key=lambda line: line.place))


def _says(coverage: Coverage, line: Line) -> frozenset[int]:
    return coverage.direct[line.place] | coverage.title[line.place]


def _tied(coverage: Coverage, line: Line, chosen: Sequence[Line]) -> bool:
    """Whether a line stands in the document of a chosen one, or shares a name with it."""
    return any(other.passage.document == line.passage.document or coverage.tied(line, other) for other in chosen)
