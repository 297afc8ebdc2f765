"""The numbers that managers see."""
