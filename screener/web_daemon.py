"""The one place that builds the web admin's objects: site -> guard -> pages -> listener -> stop."""
