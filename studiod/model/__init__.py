"""Pure words and laws of the console: no I/O, no clock, no asyncio, no numpy."""
