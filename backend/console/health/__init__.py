"""How Linli itself is: what is late, what fails, what has gone quiet, and what to do about it."""
