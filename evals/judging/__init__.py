"""Who says whether an answer is right: a match of words or a language model, and what is kept of that."""
