"""Doors to the network: OSC, discovery, and who may come in."""
