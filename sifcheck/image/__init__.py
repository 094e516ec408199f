"""Images: references to them, and what they are made of."""
