package open311

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxRequests is the most requests one answer holds.
const MaxRequests = 1000

// MaxSpan is the longest time a list may cover, and what it covers unasked.
const MaxSpan = 90 * 24 * time.Hour

func refuse(status int, text string, a ...any) *Error {
	return &Error{Status: status, Faults: []Fault{{Code: strconv.Itoa(status), Description: fmt.Sprintf(text, a...)}}}
}

func bad(text string, a ...any) *Error { return refuse(http.StatusBadRequest, text, a...) }

// ParseFilter reads the query of GET requests. An empty parameter equals an
// absent one; the error is an *Error.
func ParseFilter(q url.Values, now time.Time) (Filter, error) {
	f := Filter{Page: 1, PageSize: MaxRequests}
	var err error
	if f.Page, err = number(q, "page", 1, 1<<20); err != nil {
		return f, err
	}
	if f.PageSize, err = number(q, "page_size", MaxRequests, MaxRequests); err != nil {
		return f, err
	}
	switch v := q.Get("extensions"); v {
	case "", "false", "true":
		f.Extensions = v == "true"
	default:
		return f, bad("extensions must be true or false.")
	}
	if f.IDs = commas(q.Get("service_request_id")); f.IDs != nil {
		if len(f.IDs) > MaxRequests {
			return f, bad("service_request_id names more than %d requests.", MaxRequests)
		}
		return f, nil
	}
	f.Codes = commas(q.Get("service_code"))
	for _, s := range commas(q.Get("status")) {
		s = strings.ToLower(s)
		if s != "open" && s != "closed" {
			return f, bad("status must be open or closed.")
		}
		f.Statuses = append(f.Statuses, s)
	}
	if f.UpdatedAfter, f.UpdatedBefore, err = span(q, "updated_after", "updated_before"); err != nil {
		return f, err
	}
	if f.Start, f.End, err = span(q, "start_date", "end_date"); err != nil {
		return f, err
	}
	byUpdate := !f.UpdatedAfter.IsZero() || !f.UpdatedBefore.IsZero()
	switch {
	case !f.Start.IsZero() && f.End.IsZero():
		f.End = f.Start.Add(MaxSpan)
	case f.Start.IsZero() && !f.End.IsZero():
		f.Start = f.End.Add(-MaxSpan)
	case f.Start.IsZero() && !byUpdate:
		f.Start, f.End = now.Add(-MaxSpan), now
	}
	if byUpdate && f.UpdatedAfter.IsZero() {
		f.UpdatedAfter = f.UpdatedBefore.Add(-MaxSpan)
	} else if byUpdate && f.UpdatedBefore.IsZero() {
		f.UpdatedBefore = f.UpdatedAfter.Add(MaxSpan)
	}
	return f, nil
}

// span reads two dates, which may be absent, in order and within MaxSpan.
func span(q url.Values, from, to string) (a, b time.Time, err error) {
	if a, err = date(q, from); err != nil {
		return a, b, err
	}
	if b, err = date(q, to); err != nil {
		return a, b, err
	}
	if a.IsZero() || b.IsZero() {
		return a, b, nil
	}
	if b.Before(a) {
		return a, b, bad("%s must not be before %s.", to, from)
	}
	if b.Sub(a) > MaxSpan {
		return a, b, bad("%s and %s must not be more than 90 days apart.", from, to)
	}
	return a, b, nil
}

func date(q url.Values, name string) (time.Time, error) {
	v := q.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	// A plus sign left bare in a query arrives as a space.
	t, err := time.Parse(time.RFC3339, strings.Replace(v, " ", "+", 1))
	if err != nil {
		return t, bad("%s must look like 2026-11-23T10:00:00Z.", name)
	}
	return t.UTC(), nil
}

func number(q url.Values, name string, unset, most int) (int, error) {
	v := q.Get(name)
	if v == "" {
		return unset, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		return unset, bad("%s must be a number from 1 to %d.", name, most)
	}
	return n, nil
}

func commas(v string) []string {
	var out []string
	for p := range strings.SplitSeq(v, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
