"""`python -m studiod`."""

from studiod.app.cli import main

main()
