"""What RBAC grants: exact rule matching, grants by subject, who can do what, rules that can never match.

The answers are "granted by RBAC", never "denied": the Node authorizer, webhooks and clouds may allow more,
and admission may still refuse.
"""
