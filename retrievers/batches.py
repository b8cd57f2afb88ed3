"""Batches of fixed shapes: a float product changes its last bits with the shape that it is computed in, so that a text's
numbers depend on that text alone only if lengths are padded to a few widths and every batch has as many rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

STEP = 32
T = TypeVar("T")


def batches(lengths: Sequence[int], size: int, limit: int) -> Iterator[tuple[list[int], int]]:
    """Places of `lengths` in runs of one padded width, at most `size` in each, the longest first, and that width.

    >>> list(batches([3, 40, 5], size=4, limit=256))
    [([1], 64), ([0, 2], 32)]
    """
    widths = [padded(length, limit) for length in lengths]
    held: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -widths[place]):
        if held and (len(held) == size or widths[held[0]] != widths[place]):
            yield held, widths[held[0]]
            held = []
        held.append(place)
    if held:
        yield held, widths[held[0]]


def padded(length: int, limit: int) -> int:
    """The width of a text of `length` tokens: a multiple of 32, or `limit` where that is less."""
    return max(min(-(-max(length, 1) // STEP) * STEP, limit), 1)


def filled(rows: Sequence[T], size: int) -> list[T]:
    """`rows`, the last one repeated until there are `size`."""
    return [*rows, *[rows[-1]] * (size - len(rows))]


def tensors(ids: Sequence[Sequence[int]], width: int, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and their mask (1 for a token, 0 for padding), rows x width, padded on the right."""
    import torch

    values = torch.full((len(ids), width), pad, dtype=torch.long)
    mask = torch.zeros((len(ids), width), dtype=torch.long)
    for row, one in enumerate(ids):
        values[row, : len(one)] = torch.tensor(one, dtype=torch.long)
        mask[row, : len(one)] = 1
    return values, mask
