"""`python -m fortnox_pipeline`: the same as the command `fortnox-pipeline`."""

from fortnox_pipeline.cli import main

main()
