"""Agents: when they are there, and what they did."""
