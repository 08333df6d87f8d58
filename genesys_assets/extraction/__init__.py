"""From a declaration to rows: which requests to make, and JSON pages into polars frames."""
