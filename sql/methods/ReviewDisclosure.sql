SELECT * FROM disclosed($1)
