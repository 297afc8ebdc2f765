"""Alarms of an account: what is read, what follows, and who is told."""
