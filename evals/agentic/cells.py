"""The cells of the agentic-ranking protocol as recipes, in a recipes file like any other, so that every command takes it.

`fathom eval DATASET --recipes evals/agentic/cells.py --recipe agentic-dense-q2q --endpoint URL --model NAME`
"""

from __future__ import annotations

from collections.abc import Mapping

from evals.agentic.cell import CELLS
from retrievers.base import Recipe

RECIPES: Mapping[str, Recipe] = {cell.name: cell for cell in CELLS}
