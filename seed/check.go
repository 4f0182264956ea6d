package seed

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

var (
	icons = []string{
		"lamp", "road", "waste", "water", "heat", "tree", "aryk", "bus", "signal", "lift", "dog",
		"building", "playground", "warning", "other",
	}
	datatypes   = []string{"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
	placeTypes  = []string{"district", "microdistrict", "landmark", "street"}
	steps       = []string{"register", "consider", "extend", "transfer", "notice"}
	units       = []string{"working_days", "calendar_days"}
	dayStatuses = []string{"fixed", "movable", "transferred", "check"}
)

// checker collects everything that is wrong, so that one run tells all of it.
type checker struct{ errs []error }

func (c *checker) that(ok bool, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf(format, args...))
	}
}

func (c *checker) texts(t Texts, format string, args ...any) {
	c.that(t.Complete(), format+": a language is missing", args...)
}

// unique remembers a code and complains about its second use.
func (c *checker) unique(seen map[string]bool, what, code string) {
	c.that(code != "", "%s without a code", what)
	c.that(!seen[code], "%s %q twice", what, code)
	seen[code] = true
}

func (d *Data) check() error {
	c := &checker{}
	bodies := d.checkBodies(c)
	d.checkCity(c, bodies)
	d.checkPlaces(c)
	categories := d.checkCategories(c)
	d.checkRoutes(c, bodies, categories)
	d.checkHolidays(c)
	d.checkAnswers(c)
	d.checkSeries(c)
	if len(d.Phrases.People) > 0 {
		d.checkPhrases(c, categories)
	}
	return errors.Join(c.errs...)
}

func (d *Data) checkCity(c *checker, bodies map[string]bool) {
	c.that(d.City.Slug != "", "city without a slug")
	c.that(len(d.City.Hosts) > 0, "city without a host name")
	c.that(slices.Equal(d.City.Languages, []string{"ky", "ru", "en"}), "languages are %v", d.City.Languages)
	c.texts(d.City.Names, "city name")
	c.that(bodies[d.Fallback], "fallback %q is no body", d.Fallback)
	rules := map[string]bool{}
	for _, r := range d.City.ClockRules {
		c.unique(rules, "clock rule", r.Code)
		c.that(r.Term > 0 && r.Kind != "" && !r.ValidFrom.IsZero(), "clock rule %q is incomplete", r.Code)
		c.texts(r.Basis, "basis of clock rule %q", r.Code)
		c.that(slices.Contains(steps, r.Step), "clock rule %q is for the step %q, expected one of %v", r.Code, r.Step, steps)
		c.that(slices.Contains(units, r.Unit), "clock rule %q counts in %q, expected one of %v", r.Code, r.Unit, units)
	}
}

func (d *Data) checkPlaces(c *checker) {
	seen := map[string]bool{}
	for _, p := range d.Places {
		c.unique(seen, "place", p.Type+" "+p.Ky)
		c.texts(p.Texts, "place %q", p.Ky)
		c.that(slices.Contains(placeTypes, p.Type), "place %q is of type %q", p.Ky, p.Type)
		c.that(p.Lat != 0 && p.Lon != 0, "place %q has no position", p.Ky)
	}
}

func (d *Data) checkBodies(c *checker) map[string]bool {
	ids := map[string]bool{}
	for _, b := range d.Bodies {
		c.unique(ids, "body", b.ID)
		c.texts(b.Name, "name of body %q", b.ID)
		c.texts(b.ShortName, "short name of body %q", b.ID)
		c.that(b.DemoEmail != "" || len(d.Phrases.People) == 0, "body %q has no demo address", b.ID)
	}
	for _, b := range d.Bodies {
		c.that(b.Parent == "" || ids[b.Parent], "body %q: parent %q is no body", b.ID, b.Parent)
		c.that(b.ValidUntil.IsZero() || len(b.Successors) > 0, "body %q ended without a successor", b.ID)
		for _, s := range b.Successors {
			c.that(ids[s], "body %q: successor %q is no body", b.ID, s)
		}
	}
	return ids
}

func (d *Data) checkCategories(c *checker) map[string]bool {
	groups := map[string]bool{}
	for _, g := range d.Groups {
		c.unique(groups, "group", g.Code)
		c.texts(g.Names, "group %q", g.Code)
	}
	codes := map[string]bool{}
	for _, k := range d.Categories {
		c.unique(codes, "category", k.Code)
		c.that(groups[k.Group], "category %q: group %q is unknown", k.Code, k.Group)
		c.that(slices.Contains(icons, k.Icon), "category %q: icon %q is unknown", k.Code, k.Icon)
		c.texts(k.Names, "name of category %q", k.Code)
		c.texts(k.Descriptions, "description of category %q", k.Code)
		c.that(len(k.Keywords.Ky) > 0 && len(k.Keywords.Ru) > 0 && len(k.Keywords.En) > 0, "category %q: keywords are missing", k.Code)
		c.that(k.ExpectedWorkingDays > 0, "category %q: no expected days", k.Code)
		if k.Emergency != nil {
			c.texts(k.Emergency.Text, "emergency text of category %q", k.Code)
			c.that(k.Emergency.Phone != "", "category %q: no number to call", k.Code)
		}
		checkQuestions(c, k)
	}
	return codes
}

func checkQuestions(c *checker, k Category) {
	seen := map[string]bool{}
	for _, q := range k.Questions {
		c.unique(seen, "question", k.Code+"."+q.Code)
		c.texts(q.Names, "question %s.%s", k.Code, q.Code)
		c.that(q.Hint == Texts{} || q.Hint.Complete(), "hint of question %s.%s: a language is missing", k.Code, q.Code)
		c.that(slices.Contains(datatypes, q.Datatype), "question %s.%s: datatype %q", k.Code, q.Code, q.Datatype)
		list := q.Datatype == "singlevaluelist" || q.Datatype == "multivaluelist"
		c.that(list == (len(q.Values) > 1), "question %s.%s of type %s has %d values", k.Code, q.Code, q.Datatype, len(q.Values))
		values := map[string]bool{}
		for _, v := range q.Values {
			c.unique(values, "value", k.Code+"."+q.Code+"."+v.Code)
			c.texts(v.Names, "value %s.%s.%s", k.Code, q.Code, v.Code)
		}
	}
}

func (d *Data) checkRoutes(c *checker, bodies, categories map[string]bool) {
	routed := map[string]bool{}
	for _, r := range d.Routes {
		c.that(categories[r.Category], "route of unknown category %q", r.Category)
		c.that(bodies[r.Body], "route of %q to unknown body %q", r.Category, r.Body)
		c.that(!r.ValidFrom.IsZero(), "route of %q to %q has no first day", r.Category, r.Body)
		c.that(r.ValidUntil.IsZero() || r.ValidFrom.Before(r.ValidUntil.Time), "route of %q to %q ends before it begins", r.Category, r.Body)
		if r.Area == "*" && r.ValidUntil.IsZero() {
			routed[r.Category] = true
		}
	}
	for code := range categories {
		c.that(routed[code], "category %q goes to nobody", code)
	}
}

func (d *Data) checkHolidays(c *checker) {
	last := time.Time{}
	for _, h := range d.Holidays {
		day := h.Date.Format(time.DateOnly)
		c.texts(h.Names, "holiday %s", day)
		c.that(h.Kind == "holiday" || h.Kind == "workday", "day %s is of kind %q", day, h.Kind)
		c.that(slices.Contains(dayStatuses, h.Status) && h.Source != "", "holiday %s has status %q, source %q", day, h.Status, h.Source)
		c.that(last.Before(h.Date.Time), "holiday %s is out of order", day)
		last = h.Date.Time
	}
}

func (d *Data) checkAnswers(c *checker) {
	reasons := map[string]string{}
	for _, r := range d.Reasons {
		c.that(reasons[r.Code] == "", "reason %q twice", r.Code)
		c.texts(r.Names, "reason %q", r.Code)
		c.that(slices.Contains([]string{"closed", "hide", "ban"}, r.Kind), "reason %q is of kind %q", r.Code, r.Kind)
		reasons[r.Code] = r.Kind
	}
	seen := map[string]bool{}
	for _, t := range d.Templates {
		c.unique(seen, "template", t.Code)
		c.texts(t.Names, "name of template %q", t.Code)
		c.texts(t.Texts, "template %q", t.Code)
		c.that((t.Kind == "closed") == (reasons[t.Reason] == "closed"), "template %q of kind %q names reason %q", t.Code, t.Kind, t.Reason)
	}
}

func (d *Data) checkPhrases(c *checker, categories map[string]bool) {
	seen := map[string]bool{}
	for _, p := range d.Phrases.Categories {
		c.unique(seen, "phrases of", p.Code)
		c.that(categories[p.Code], "phrases of unknown category %q", p.Code)
		c.that(p.Weight > 0, "phrases of %q have no weight", p.Code)
		for _, l := range []Lines{p.Titles, p.Reports, p.Answers} {
			c.that(len(l.Ky) > 0 && len(l.Ru) > 0, "phrases of %q are missing in a language", p.Code)
		}
	}
	for code := range categories {
		c.that(seen[code], "category %q has no phrases", code)
	}
	for _, l := range []Lines{d.Phrases.Updates, d.Phrases.Thanks, d.Phrases.Disputes, d.Phrases.Internal} {
		c.that(len(l.Ky) > 0 && len(l.Ru) > 0, "common phrases are missing in a language")
	}
	for _, p := range d.Phrases.People {
		c.that(p.Name != "" && (p.Lang == "ky" || p.Lang == "ru"), "person %q speaks %q", p.Name, p.Lang)
	}
}

func (d *Data) checkSeries(c *checker) {
	if p := d.Series.Prices; p != nil {
		c.texts(p.Names, "price index")
		c.that(p.Base > 0 && p.Source != "" && !p.ReadOn.IsZero() && len(p.Points) > 0, "price index is incomplete")
	}
	seen := map[int64]bool{}
	for _, b := range d.Series.Breaks {
		c.that(b.ID > 0 && !seen[b.ID], "break %d has no id of its own", b.ID)
		seen[b.ID] = true
		c.that(b.Year > 0 && b.Source != "", "break %d is incomplete", b.ID)
		c.texts(b.Texts, "break %d", b.ID)
	}
}
