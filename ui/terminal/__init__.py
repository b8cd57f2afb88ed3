"""What the command line writes to a terminal: tables, figures, answers, progress."""
