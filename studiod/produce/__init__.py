"""Offline work on files: edits, masters, exports, each in a worker process."""
