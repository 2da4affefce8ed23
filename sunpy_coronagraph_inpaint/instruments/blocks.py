"""Telemetry blocks: where they lie in a frame, and how headers write lists of them."""
