"""Categories, grades, clocks and the layered rules that decide where a report goes."""
