"""rnnkit beside its peers: `python -m benchmarks` lists what there is."""
