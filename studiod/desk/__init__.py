"""The living desk: the one truth of every parameter, and what may be done with it."""
