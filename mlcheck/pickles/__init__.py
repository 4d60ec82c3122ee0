"""Pickles, read without loading them: what they import and call, from their opcodes alone."""
