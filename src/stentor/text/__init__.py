"""Text, understood outside the engines, once for all of them."""
