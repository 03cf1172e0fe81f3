"""Makes the dashboards: `python -m dashboards.build` writes `dashboards/*.json`."""
