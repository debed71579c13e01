"""The REST API for operators: typed handlers over the use cases, described by an OpenAPI document."""
