package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
)

// answers collects --map ROLE=COLUMN.
type answers map[string]string

func (a answers) String() string { return "" }

func (a answers) Set(s string) error {
	role, column, ok := strings.Cut(s, "=")
	if !ok || role == "" || column == "" {
		return errors.New("say ROLE=COLUMN, such as amount=Total or \"amount=#4\"")
	}
	a[role] = column
	return nil
}

// checkBudget is the dry run of importing a budget: it reads a file or package
// to its end, says what it found and what it refused, and stores nothing.
func checkBudget(c *console, args []string) error {
	o := fdp.Options{Map: map[string]string{}}
	var asJSON, check bool
	fs := flag.NewFlagSet("ashar import budget", flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.BoolVar(&check, "check", false, "read and report, store nothing")
	fs.BoolVar(&asJSON, "json", false, "report as JSON")
	fs.Var(answers(o.Map), "map", "ROLE=COLUMN: which column holds what; may be repeated. Roles: amount (also amount:2027, amount:executed, amount:revenue), year, date, direction, phase, currency, administrative, functional, economic (with .label for the words, .2 for a deeper level), fund, program, project, label (label.ky …), note, id")
	fs.StringVar(&o.Unit, "unit", "", "som, thousand or million: in which unit the file writes its amounts")
	fs.StringVar(&o.Locale, "locale", "", "ru, ky, de (decimal comma) or en (decimal point), when the amounts do not show it")
	fs.StringVar(&o.Direction, "direction", "", "revenue, expenditure or financing, of lines that do not say it")
	fs.StringVar(&o.Phase, "phase", "", "proposed, approved, adjusted or executed, of lines that do not say it")
	fs.IntVar(&o.Year, "year", 0, "fiscal year of lines that do not say it")
	fs.StringVar(&o.Sheet, "sheet", "", "sheet of a workbook")
	fs.StringVar(&o.Encoding, "encoding", "", "encoding of a text file, such as windows-1251")
	var files []string
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return usageError{err}
		}
		if args = fs.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	if len(files) != 1 {
		return wrong("say \"ashar import budget FILE --check\": a CSV, an XLSX or a datapackage.json")
	}
	if !check {
		return wrong("a budget is imported by its officer at /staff/budget, who sees a preview and confirms it; here only --check is possible")
	}
	if o.Direction != "" && !slices.Contains(fdp.Directions, o.Direction) || o.Phase != "" && !slices.Contains(fdp.Phases, o.Phase) {
		return wrong("--direction is one of %s, --phase one of %s", strings.Join(fdp.Directions, ", "), strings.Join(fdp.Phases, ", "))
	}
	report, err := fdp.Check(files[0], o)
	if err != nil {
		return unread(c, err, asJSON)
	}
	if asJSON {
		out := json.NewEncoder(c.out)
		out.SetEscapeHTML(false)
		return out.Encode(report)
	}
	printBudget(c, report)
	return nil
}

// unread tells why a file was not read; what must be answered is a mistake of the
// command line.
func unread(c *console, err error, asJSON bool) error {
	var ask *fdp.Unsure
	if !errors.As(err, &ask) {
		return err
	}
	if asJSON {
		type question struct {
			What       string   `json:"what"`
			Candidates []string `json:"candidates"`
			Flag       string   `json:"flag"`
		}
		out := json.NewEncoder(c.out)
		out.SetEscapeHTML(false)
		if err := out.Encode(map[string]any{"error": ask.Error(), "ask": question{ask.What, ask.Candidates, ask.Flag}}); err != nil {
			return err
		}
	}
	return usageError{ask}
}

func printBudget(c *console, r *fdp.Report) {
	fmt.Fprintf(c.out, "%s (%s): %d lines, %d rows refused, %d empty\n", r.Title, r.Format, r.Rows, r.Refusals, r.Empties)
	if r.Until != "" {
		fmt.Fprintf(c.out, "  reckoned up to %s\n", r.Until)
	}
	for _, d := range fdp.Directions {
		fmt.Fprintf(c.out, "  %-12s %s\n", d, r.Sums[d])
	}
	for _, s := range r.Slices {
		fmt.Fprintf(c.out, "  %d %s %s %s: %s in %d lines\n", s.Year, s.Phase, s.Direction, s.Currency, s.Sum, s.Rows)
	}
	for _, col := range r.Columns {
		if col.Role != "" {
			fmt.Fprintf(c.out, "  column %q is %s\n", col.Header, col.Role)
		}
	}
	for _, x := range r.Refused {
		fmt.Fprintf(c.out, "  line %d: %s\n", x.Line, x.Reason)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(c.out, "  note: %s\n", w)
	}
}
