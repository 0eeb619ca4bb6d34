"""Entry of a configured form, page by page."""
