package seed

// Budget is what the press reported of the city's budget, a figure a row;
// bishkek/SOURCES.md says who reported what.
func Budget() []byte { return read("budget.csv") }

// Cofog is the classification of the functions of government.
func Cofog() []byte { return read("cofog.csv") }
