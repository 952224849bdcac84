"""The console's pages, each with the actions that it offers."""
