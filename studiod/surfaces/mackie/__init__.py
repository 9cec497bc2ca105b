"""Mackie Control and its kin: the grammar, what a unit shows, and how it works the desk."""
