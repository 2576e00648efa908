"""The conversation: states, the table, and its parts by what they are about."""
