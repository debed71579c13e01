"""What operators may do, and with which key."""
