"""Reads: selects for lists, search, figures and look-ups. Nothing here writes."""
