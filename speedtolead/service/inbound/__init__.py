"""Calls that come in: answered, asked, put through, or asked for a message; and what follows from each."""
