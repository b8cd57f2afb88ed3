"""What a report of evaluations says, and how a page and Markdown say it."""
