"""Who may sign what: certificates, chains and the list of anchors."""
