"""Predictions and labels from two files, joined by key or by position."""
