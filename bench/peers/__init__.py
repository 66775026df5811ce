"""Programs of other projects that the benchmarks are run beside."""
