"""Cold start (R1 2.3.1): the first long thoughts, by three strategies."""
