"""Boxes with controls: what they say, what they show, and keeping both true."""
