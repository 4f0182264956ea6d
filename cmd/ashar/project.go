package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/features/project"
)

// checkProjects is the dry run of importing projects: it reads a file with the
// reader of the page, says what it holds and what is refused, and stores nothing.
func checkProjects(c *console, args []string) error {
	var asJSON, check bool
	var folder, currency, lang, zone string
	fs := flag.NewFlagSet("ashar import projects", flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.BoolVar(&check, "check", false, "read and report, store nothing")
	fs.BoolVar(&asJSON, "json", false, "report as JSON")
	fs.StringVar(&folder, "city", "", "folder of the city's files: whose bodies, currency, language and time zone count")
	fs.StringVar(&currency, "currency", "KGS", "of amounts that do not say it")
	fs.StringVar(&lang, "lang", "ky", "of texts that do not say it")
	fs.StringVar(&zone, "zone", "Asia/Bishkek", "in which days are counted")
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
		return wrong("say \"ashar import projects FILE --check\": a package of OC4IDS or OCDS, a CSV or an XLSX")
	}
	if !check {
		return wrong("projects are imported at /staff/projects/import, where a preview is confirmed; here only --check is possible")
	}
	var dir *body.Directory
	if folder != "" {
		of, err := cityFiles(folder)
		if err != nil {
			return fmt.Errorf("--city: %w", err)
		}
		var list []*body.Body
		for i, b := range of.Bodies {
			list = append(list, &body.Body{ID: int64(i + 1), Code: b.ID})
		}
		dir, currency, lang, zone = body.NewDirectory(list), of.City.Currency, of.City.Languages[0], of.City.Timezone
	}
	where, err := time.LoadLocation(zone)
	if err != nil {
		return wrong("--zone: %v", err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	report := project.Check(data, &city.City{Languages: []string{lang}, Currency: currency, Zone: where}, dir)
	if asJSON {
		out := json.NewEncoder(c.out)
		out.SetEscapeHTML(false)
		return out.Encode(report)
	}
	printProjects(c, files[0], report)
	return nil
}

func printProjects(c *console, file string, r *project.Report) {
	fmt.Fprintf(c.out, "%s (%s): %d rows, %d projects, %d releases, %d refusals, %d projects without a place\n", file, r.Form, r.Rows, r.Projects, r.Releases, len(r.Refused), r.Unplaced)
	for _, currency := range slices.Sorted(maps.Keys(r.Totals)) {
		t := r.Totals[currency]
		fmt.Fprintf(c.out, "  %s: budget %s, contracted %s, paid %s\n", currency, t.Budget, t.Contracted, t.Paid)
	}
	for _, x := range r.Refused {
		if x.Path != "" {
			fmt.Fprintf(c.out, "  line %d, %s: %s\n", x.Line, x.Path, x.Reason)
			continue
		}
		fmt.Fprintf(c.out, "  line %d: %s\n", x.Line, x.Reason)
	}
}
