"""Pictures that people send: decoded, made small and clean."""
