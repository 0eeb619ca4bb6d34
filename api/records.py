"""Register entries as JSON."""
