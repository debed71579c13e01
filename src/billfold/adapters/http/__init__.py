"""HTTP: the one guarded client for everything that is fetched by a URL of the other side."""
