"""Linli: neighbourhood safety, routed to the right hands."""
