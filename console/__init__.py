"""The console: what sales operations look at all day, in a browser."""
