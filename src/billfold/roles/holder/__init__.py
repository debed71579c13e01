"""The holder's decisions: what is fetched, checked and kept, who is believed, and what is shared with whom."""
