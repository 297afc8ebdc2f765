"""Speed to Lead: a posted lead is on the phone with a sales agent within seconds, lawfully and exactly once."""

__version__ = "0.1.0"
