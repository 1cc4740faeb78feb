"""The edge, pure: what becomes of a public record."""
