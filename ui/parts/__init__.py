"""What the pages are put together from: an answer, a passage, a list of conversations. Each draws one thing."""
