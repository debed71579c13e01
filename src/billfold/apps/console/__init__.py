"""The console: server-rendered pages for staff, on the console's host and on the requester's."""
