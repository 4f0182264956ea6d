package seed

// Projects are 46 real works of the city in the table by which projects are
// imported, each with its source and with what in it is inferred.
func Projects() []byte { return read("projects.csv") }
