"""How flags, environment and file become `exporter.settings.Settings`."""
