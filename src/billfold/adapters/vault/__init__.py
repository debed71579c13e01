"""The vault: everything a wallet keeps, in one sealed file."""
