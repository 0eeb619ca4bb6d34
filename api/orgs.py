"""Look-ups of organisations."""
