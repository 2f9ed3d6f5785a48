"""The book on paper: the built pages put together, and printed by a browser."""
