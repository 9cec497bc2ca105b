"""The programme around the parts: command line, configuration, supervisor, wiring."""
