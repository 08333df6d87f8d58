"""Dagster: when to load what, and everything there is to see of it. No logic of loading lives here."""
