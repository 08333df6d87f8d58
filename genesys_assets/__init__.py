"""Everything a Genesys Cloud contact centre knows, as Dagster assets in a warehouse that can be trusted."""
