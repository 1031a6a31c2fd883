"""Who can reach what: selectors, NetworkPolicies, load balancers, exposure."""
