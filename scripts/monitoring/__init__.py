"""What keeps alerts and dashboards true: metrics and labels they use exist, and links lead somewhere."""
