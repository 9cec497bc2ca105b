"""The OSC door: strict bytes in, the hub's words out."""
