"""What a configurable form means: pure Python, no web, no database, no clock."""
