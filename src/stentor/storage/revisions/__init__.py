"""How the tables came to be as they are, a step in each file; a file that was released is never changed."""
