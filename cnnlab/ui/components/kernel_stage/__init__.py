"""The stages of the Filters page: an image, a kernel and what they make, computed in the browser."""
