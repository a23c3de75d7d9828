"""Tests of the plots room."""
