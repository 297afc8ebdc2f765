"""Calls: from the attempt that is due to the two who talk, and whatever goes wrong between."""
