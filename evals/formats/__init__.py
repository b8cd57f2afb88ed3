"""Data sets in the formats of other projects, turned into native folders."""
