"""The command line: `python -m stableode train | evaluate | predict | inspect`."""
