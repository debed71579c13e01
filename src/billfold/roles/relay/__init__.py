"""The relay of the wallet's host: takes issuers' push messages, and passes them on to people's browsers."""
