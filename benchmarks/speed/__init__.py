"""How fast it is: small scripts that measure one thing each and print a table."""
