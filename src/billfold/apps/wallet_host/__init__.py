"""The wallet's host: serves the wallet's page, the list of trusted anchors, and the look-up of short codes."""
