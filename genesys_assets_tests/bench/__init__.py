"""Measurements, all from one run: ``python -m genesys_assets_tests.bench`` (``make bench``)."""
