"""What the policy without a model is made of: the question, names to follow, coverage, short answers, quotations."""
