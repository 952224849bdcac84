"""How people start and steer work: one file per verb of the `postroad` command."""
