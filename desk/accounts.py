"""Own account: password, second factor, sign-ins."""
