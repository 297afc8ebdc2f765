"""The agent's console: who sits at it, the card of a call, what is said of it, and texts that are typed."""
