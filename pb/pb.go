// Package pb reads and writes participatory budgeting elections in the
// Pabulib format and counts them: greedy rules, the Method of Equal Shares
// with its completions (Peters, Pierczyński and Skowron), and sequential
// Phragmén. It needs nothing but the standard library.
//
// A file is read into an Election, a TieOrder is made from it, and a rule
// gives an Outcome that holds the winners and the whole history: every round,
// every tie and how it was broken, and for each project why it won or lost.
//
// Winners are those of exact rational arithmetic, always. The rules compare
// numbers in floating point only where a bound on the rounding error proves
// the comparison; the rest goes to exact fractions, and Outcome.Arithmetic
// tells how often.
//
// The files, in the order to read them: cells.go (the text layer), read.go,
// write.go, election.go (merged ballots), ties.go, outcome.go (history and
// reasons), greedy.go, complete.go (equal shares from the outside: options,
// completion by greedy, comparison), equalshares.go (one run), classes.go
// (voters who paid alike), exact.go (what floating point cannot decide),
// add1.go (run after run), phragmen.go, rules.go (rules by name).
package pb
