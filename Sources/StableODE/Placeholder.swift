// StableODE
