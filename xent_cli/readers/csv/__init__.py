"""CSV and its kin: the header, the records, the parsing, and the second look at what was refused."""
