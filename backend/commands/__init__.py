"""One module for each group of commands; ``backend.cli`` finds every ``click.Command`` in them.

Modules import what is heavy inside their functions, so that ``linli --help`` answers at once.
"""
