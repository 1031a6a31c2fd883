"""Fixes: how patches apply, the plan, its proof and its export."""
