"""Evidence: writing into the ledger, checking it, handing out one lead's part, and letting go in time."""
