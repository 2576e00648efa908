"""Migrations: from the first release forward, on every PostgreSQL from 15."""
