"""The researcher: its workflow, policies and run service, and the ledger of every step."""
