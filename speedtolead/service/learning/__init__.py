"""What an account learns from its own leads."""
