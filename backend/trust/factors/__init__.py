"""Second factors: passkeys, codes by the clock, recovery codes."""
