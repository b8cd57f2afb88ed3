"""Offline measurement: data sets, measures and comparisons."""
