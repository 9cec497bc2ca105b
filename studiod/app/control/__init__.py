"""studioctl: the studio from a terminal, over the same network grammar that tablets speak. Standard library only."""
