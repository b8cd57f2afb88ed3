"""Measures of answers: what came of a question against what a data set says of it, one technique a file."""
