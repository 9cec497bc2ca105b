"""HUI: the grammar of the older protocol; what it shows and does is as with Mackie Control."""
