"""The numbers that calls are made from."""
