"""The version that /healthz and the interface show; a test holds it equal to pyproject.toml."""

VERSION = "0.1.0"
