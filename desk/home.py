"""Home is work: what to do today."""
