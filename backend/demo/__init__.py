"""The demo: two cities with real boundaries, invented bodies and people, and an invented stream of reports."""
