"""Stores of cells that outlive their process."""
