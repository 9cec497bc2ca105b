"""The configuration file: read, checked, explained.

`studiod.app.config.load` imports pydantic and PyYAML, which takes a tenth of a second: import it inside the command
that needs it. `studiod.app.settings` is what every other process reads, and needs the standard library only.
"""
