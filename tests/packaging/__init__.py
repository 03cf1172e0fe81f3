"""Units, manifests and examples are what the tools that read them take."""
