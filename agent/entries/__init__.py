"""What the ledger is made of: steps as rows, the way back, leases, and the database's refusals in words."""
