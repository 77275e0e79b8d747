// StableODELink
