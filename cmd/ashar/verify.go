package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ashar-kg/ashar/internal/civic/record/verify"
)

// verifying is what the command line of verify asks for.
type verifying struct {
	wish  verify.Wish
	state string
	json  bool
}

// errUnproved is the end of a check that found something wrong; the report
// says what.
var errUnproved = errors.New("the record could not be proved; see above")

// verifyRecord checks the public record of a city from outside. docs/record.md
// explains it to those who do.
func verifyRecord(ctx context.Context, c *console, args []string) error {
	v, err := parseVerify(c, args)
	if err != nil {
		return err
	}
	v.wish.Client, v.wish.Now = &http.Client{Timeout: 5 * time.Minute}, time.Now().UTC()
	told := time.Now()
	v.wish.Progress = func(done, all int64) {
		if time.Since(told) > time.Second {
			told = time.Now()
			fmt.Fprintf(c.err, "%d of %d entries\n", done, all)
		}
	}
	report, err := verify.Check(ctx, v.wish)
	if err != nil {
		return usageError{err}
	}
	if v.json {
		out := json.NewEncoder(c.out)
		out.SetEscapeHTML(false)
		if err := out.Encode(report); err != nil {
			return err
		}
	} else {
		w := bufio.NewWriter(c.out)
		printReport(w, report)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if report.State == nil {
		return errUnproved
	}
	return remember(v.state, report.State)
}

// parseVerify reads the command line; flags may stand before and behind URL.
func parseVerify(c *console, args []string) (*verifying, error) {
	v := &verifying{wish: verify.Wish{Entry: -1}}
	fs := flag.NewFlagSet("ashar verify", flag.ContinueOnError)
	fs.SetOutput(c.err)
	fs.Usage = func() {
		fmt.Fprint(c.err, "Usage: ashar verify URL [flags]\n\nURL is the city's site, its record, or one entry: https://city.example, https://city.example/record/17\n\n")
		fs.PrintDefaults()
		fmt.Fprint(c.err, "\nExit codes: 0 all is proved that can be, 1 something does not fit or did not come,\n2 the command line or the state is wrong.\n")
	}
	fs.Int64Var(&v.wish.Entry, "entry", -1, "`NUMBER` of an entry to tell about, as in its address")
	fs.StringVar(&v.wish.Key, "key", "", "the city's `KEY` as you know it from elsewhere; otherwise the one its site publishes, or the remembered one")
	fs.StringVar(&v.state, "state", "", "`FILE` to remember this check in; the next one proves that nothing was rewritten since")
	fs.BoolVar(&v.wish.New, "new", false, "read only the entries that came since the state was written; for large records")
	fs.BoolVar(&v.json, "json", false, "print the report as one JSON object")
	address := ""
	for len(args) > 0 {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError{err}
		}
		if args = fs.Args(); len(args) > 0 {
			if address != "" {
				return nil, wrong("one address at a time, not %q and %q", address, args[0])
			}
			address, args = args[0], args[1:]
		}
	}
	if err := v.address(address); err != nil {
		return nil, err
	}
	if v.wish.Entry < -1 {
		return nil, wrong("--entry is %d, expected 0 or more", v.wish.Entry)
	}
	if v.wish.New && v.state == "" {
		return nil, wrong("--new needs the --state of an earlier check")
	}
	return v, v.recall()
}

// address reads which city is meant, and which entry.
func (v *verifying) address(text string) error {
	if text == "" {
		return wrong("say \"ashar verify https://city.example\"; \"ashar verify --help\" tells more")
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return wrong("%q is no address of a city; it begins with https://", text)
	}
	path := strings.Trim(u.Path, "/")
	index, one := strings.CutPrefix(path, "record/")
	switch {
	case one:
		n, err := strconv.ParseInt(index, 10, 64)
		if err != nil || n < 0 {
			return wrong("%q is neither a record nor an entry of one", text)
		}
		v.wish.Entry = n
	case path != "" && path != "record":
		return wrong("%q is neither a city nor its record nor an entry of it; take the address of the record, such as %s://%s/record", text, u.Scheme, u.Host)
	}
	v.wish.Site = &url.URL{Scheme: u.Scheme, Host: u.Host}
	return nil
}

// recall reads what the last check remembered; a first check has nothing.
func (v *verifying) recall() error {
	if v.state == "" {
		return nil
	}
	text, err := os.ReadFile(v.state)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usageError{err}
	}
	v.wish.State = &verify.State{}
	if err := json.Unmarshal(text, v.wish.State); err != nil || v.wish.State.Checkpoint == "" {
		return wrong("%s is no state of a check; name a new file to begin one", v.state)
	}
	return nil
}

// remember writes the state in one step, so that a power cut leaves the old
// one or the new one.
func remember(file string, s *verify.State) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".ashar-verify-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(text, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

func printReport(w io.Writer, r *verify.Report) {
	fmt.Fprintf(w, "The public record at %s, checked from outside on %s\n", r.Site, r.At.Format("2 January 2006, 15:04 UTC"))
	for _, part := range []struct {
		head string
		list []verify.Finding
	}{{"WRONG", r.Failed}, {"Proved", r.Proved}, {"Not proved", r.Unproved}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s:\n", part.head)
		for _, f := range part.list {
			fmt.Fprintf(w, "  - %s\n", printable(f.Text))
		}
	}
}

// printable keeps a site from writing to the terminal of who checks it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Zs, r):
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
}
