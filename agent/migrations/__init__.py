"""The ledger's tables, and the revisions that lead to them; the store applies what is missing when it opens a ledger."""
