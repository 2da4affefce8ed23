"""Layers, losses, weights, inference and the training loop."""
