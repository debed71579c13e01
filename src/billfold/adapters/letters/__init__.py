"""Letters as PDF files."""
