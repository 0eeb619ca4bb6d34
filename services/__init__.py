"""Acts: every change of state goes through one function here, in one transaction."""
