"""What reaches people by post and mail: letters and messages, in words."""
