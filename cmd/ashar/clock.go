package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/founding"
	"github.com/ashar-kg/ashar/seed"
)

// explained is the clock of one case as JSON. Days are 2006-01-02.
type explained struct {
	Kind        string        `json:"kind"`
	Received    string        `json:"received"` // RFC 3339, in the city's time
	Registered  string        `json:"registered"`
	Due         string        `json:"due"` // the case is in time until the end of this day
	Rule        string        `json:"rule"`
	Term        int           `json:"term"`
	Unit        city.Unit     `json:"unit"`
	Basis       string        `json:"basis"`
	Law         bool          `json:"law"` // false: the city's own setting
	Skipped     []string      `json:"skipped"`
	SkippedDays []explainSkip `json:"skipped_days"`
}

type explainSkip struct {
	Day  string `json:"day"`
	Why  string `json:"why"` // weekend or holiday
	Name string `json:"name,omitempty"`
}

// explainClock tells a clerk or a lawyer how a legal term runs, and why.
func explainClock(_ context.Context, c *console, args []string) error {
	fs := flag.NewFlagSet("clock", flag.ContinueOnError)
	fs.SetOutput(c.err)
	kind := fs.String("kind", "appeal", "kind of case")
	at := fs.String("at", "", "when it was received, such as 2026-11-23T18:30:00+06:00")
	days := fs.String("holidays", "", "CSV with the columns date and kind (holiday or workday) instead of the built-in calendar")
	folder := fs.String("folder", "", "files of a city (docs/own-city.md) instead of the built-in Bishkek")
	asJSON := fs.Bool("json", false, "answer as JSON")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err}
	}
	if *at == "" || fs.NArg() > 0 {
		return wrong("say \"ashar clock --kind appeal --at 2026-11-23T18:30:00+06:00\"")
	}
	received, err := time.Parse(time.RFC3339, *at)
	if err != nil {
		return wrong("--at %q is no instant such as 2026-11-23T18:30:00+06:00", *at)
	}
	data, err := cityFiles(*folder)
	if err != nil {
		return err
	}
	out, err := clockOf(data, *kind, received, *days)
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(c.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	out.tell(c.out)
	return nil
}

func cityFiles(folder string) (*seed.Data, error) {
	if folder == "" {
		return seed.Load()
	}
	return seed.Read(os.DirFS(folder))
}

func clockOf(data *seed.Data, kind string, received time.Time, days string) (explained, error) {
	zone, err := time.LoadLocation(data.City.Timezone)
	if err != nil {
		return explained{}, err
	}
	holidays := founding.Holidays(data)
	if days != "" {
		if holidays, err = readDays(days); err != nil {
			return explained{}, usageError{fmt.Errorf("%s: %w", days, err)}
		}
	}
	received = received.In(zone)
	rules := founding.Rules(data)
	rule, ok := city.RuleAt(rules, kind, city.StepConsider, received.Format(time.DateOnly))
	if !ok {
		return explained{}, wrong("there is no term for %q on %s; known kinds: %s", kind, received.Format(time.DateOnly), strings.Join(kindsOf(rules), ", "))
	}
	k := city.NewCalendar(zone, holidays).Start(rule, received)
	out := explained{
		Kind: kind, Received: received.Format(time.RFC3339), Registered: k.Registered.Format(time.DateOnly), Due: k.Due.Format(time.DateOnly),
		Rule: rule.Code, Term: rule.Term, Unit: rule.Unit, Basis: rule.Basis["en"], Law: rule.Law, Skipped: []string{}, SkippedDays: []explainSkip{},
	}
	for _, s := range k.Skipped {
		one := explainSkip{Day: s.Day.Format(time.DateOnly), Why: s.Why}
		if i := slices.IndexFunc(holidays, func(h city.Holiday) bool { return h.Day == one.Day }); i >= 0 {
			one.Name = holidays[i].Names["en"]
		}
		out.Skipped, out.SkippedDays = append(out.Skipped, one.Day), append(out.SkippedDays, one)
	}
	return out, nil
}

func kindsOf(rules []city.Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readDays reads a calendar with the columns date and kind; others are let be.
func readDays(file string) ([]city.Holiday, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("the file is empty; expected the columns date and kind")
	}
	date, kind := slices.Index(rows[0], "date"), slices.Index(rows[0], "kind")
	if date < 0 || kind < 0 {
		return nil, fmt.Errorf("the header is %q, expected the columns date and kind", strings.Join(rows[0], ","))
	}
	var out []city.Holiday
	for i, row := range rows[1:] {
		if len(row) <= max(date, kind) {
			return nil, fmt.Errorf("line %d: a value is missing", i+2)
		}
		h := city.Holiday{Day: strings.TrimSpace(row[date]), Kind: strings.TrimSpace(row[kind])}
		if _, err := time.Parse(time.DateOnly, h.Day); err != nil {
			return nil, fmt.Errorf("line %d: %q is no day such as 2026-11-23", i+2, h.Day)
		}
		if h.Kind != "holiday" && h.Kind != "workday" {
			return nil, fmt.Errorf("line %d: kind %q, expected holiday or workday", i+2, h.Kind)
		}
		out = append(out, h)
	}
	return out, nil
}

func (e explained) tell(w io.Writer) {
	basis := e.Basis
	if !e.Law {
		basis += " (not law)"
	}
	fmt.Fprintf(w, "Received    %s\nRegistered  %s\nDue         %s, until the end of the day\nRule        %s: %d %s\n            %s\n",
		e.Received, e.Registered, e.Due, e.Rule, e.Term, strings.ReplaceAll(string(e.Unit), "_", " "), basis)
	if len(e.SkippedDays) > 0 {
		fmt.Fprintln(w, "Not counted")
	}
	for _, s := range e.SkippedDays {
		fmt.Fprintf(w, "            %s  %s %s\n", s.Day, s.Why, s.Name)
	}
}
