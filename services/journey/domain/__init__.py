"""The journey core: facts that only grow, persons as a forest of cells, pain points derived from state and clock.

Pure: no Kafka, no clock, no randomness. One journey partition is a deterministic function of its log
(`partition.Partition`); everything else here is what that function is made of.
"""
