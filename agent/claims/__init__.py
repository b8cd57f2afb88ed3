"""What can be checked of a claim, word by word: numbers, dates, names, negation, and the spans that it cites."""
