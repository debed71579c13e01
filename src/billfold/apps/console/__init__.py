"""The console's host: for now the page that says where the API is."""
