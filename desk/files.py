"""Serving of uploads through a permission check."""
