"""Whether somebody may be contacted now, and what they said of it."""
