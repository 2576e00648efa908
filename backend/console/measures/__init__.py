"""Measures: how soon people are answered, who carries the load, what reaches whom. Tables of counts, small ones hidden."""
