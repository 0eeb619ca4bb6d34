"""Search over numbers, names and any two characters."""
