"""Measuring pages over real HTTP on a county's worth of records."""
