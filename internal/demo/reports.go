package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/seed"
)

// Loading says what to load and with what.
type Loading struct {
	DB       *db.DB
	City     *city.City
	Blobs    blob.Store
	Bodies   *body.Store
	Books    *report.Books
	Places   *place.Store
	Count    int
	Now      time.Time
	Progress func(done int) // may be nil
}

const (
	span      = 3 * 365  // days over which the reports are spread
	batchSize = 1000     // SQLite walks over what a transaction touched: longer ones are slower
	lucky     = 20261123 // seed of everything random: each load makes the same city
)

// Reports makes and stores the reports. Memory does not grow with their
// number; the newest are of today.
func Reports(ctx context.Context, l Loading) error {
	g, err := newMaker(ctx, l)
	if err != nil {
		return err
	}
	tally := casework.NewTally()
	years := map[int]int64{}
	done := 0
	var batch []made
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := l.DB.Update(ctx, func(tx *db.Tx) error { return store(tx, l.City, batch) })
		done += len(batch)
		batch = batch[:0]
		if l.Progress != nil {
			l.Progress(done)
		}
		return err
	}
	for day := range span {
		for _, at := range g.times(day) {
			m := g.make(at)
			year := at.In(l.City.Zone).Year()
			years[year]++
			m.file.Number = casework.FormatNumber(report.Kind.Prefix, year, years[year])
			tally.Add(l.City, report.Kind, m.file)
			if batch = append(batch, m); len(batch) == batchSize {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := l.DB.Update(ctx, func(tx *db.Tx) error {
		for year, n := range years {
			if err := casework.SetNumbers(tx, l.City.ID, report.Kind, year, n); err != nil {
				return err
			}
		}
		if err := tally.Write(tx, l.City.ID); err != nil {
			return err
		}
		return place.Recount(tx, l.City.ID, report.Layer)
	}); err != nil {
		return err
	}
	return casework.Summarise(ctx, l.DB, l.City, l.Now)
}

// made is one report with its timeline.
type made struct {
	file    *casework.File
	events  []casework.Event
	answers map[string][]string
}

func store(tx *db.Tx, c *city.City, batch []made) error {
	load := casework.NewLoader(tx)
	answers := map[int64]map[string][]string{}
	var points []place.Point
	for _, m := range batch {
		if err := load.Add(c.ID, m.file, m.events); err != nil {
			return err
		}
		if len(m.answers) > 0 {
			answers[m.file.ID] = m.answers
		}
		if m.file.Author != 0 {
			if err := notify.Follow(tx, c.ID, m.file.Author, notify.Subject{Kind: report.KindName, ID: m.file.ID}, m.file.CreatedAt()); err != nil {
				return err
			}
		}
		if !m.file.Listed() {
			continue
		}
		if err := report.Index(tx, c.ID, m.file); err != nil {
			return err
		}
		state, _ := report.Kind.State(m.file.State)
		points = append(points, place.Point{
			Layer: report.Layer, ID: m.file.ID, Lat: m.file.Lat, Lon: m.file.Lon,
			Category: m.file.Category, State: state.Mark, Created: m.file.Created,
		})
	}
	if err := load.Close(); err != nil {
		return err
	}
	if err := report.LoadAnswers(tx, c.ID, answers); err != nil {
		return err
	}
	return place.Append(tx, c.ID, points)
}

// maker makes reports one after another.
type maker struct {
	Loading
	r        *rand.Rand
	book     *report.Book
	dir      *body.Directory
	areas    *place.Areas
	gaz      *place.Gazetteer
	patterns []seed.Pattern
	phrases  seed.Phrases
	weights  []int
	total    int
	streets  []place.Entry
	pictures map[string][]picture
	perDay   []int
	serial   int
}

func newMaker(ctx context.Context, l Loading) (*maker, error) {
	g := &maker{Loading: l, r: rand.New(rand.NewPCG(lucky, 1))}
	data, err := seed.Load()
	if err != nil {
		return nil, err
	}
	g.phrases = data.Phrases
	if g.patterns, err = seed.Patterns(); err != nil {
		return nil, err
	}
	if g.book, err = l.Books.Of(ctx, l.City.ID); err != nil {
		return nil, err
	}
	if g.dir, err = l.Bodies.Of(ctx, l.City.ID); err != nil {
		return nil, err
	}
	if g.areas, err = l.Places.Areas(ctx, l.City.ID); err != nil {
		return nil, err
	}
	if g.gaz, err = l.Places.Gazetteer(ctx, l.City.ID); err != nil {
		return nil, err
	}
	for _, e := range g.gaz.Entries("street") {
		if len(e.Line) > 1 {
			g.streets = append(g.streets, e)
		}
	}
	for _, c := range g.phrases.Categories {
		g.total += c.Weight
		g.weights = append(g.weights, g.total)
	}
	g.plan()
	g.pictures, err = draw(ctx, l.Blobs, g.phrases.Categories)
	return g, err
}

// plan shares the reports among the days: fewer on free days, more lately,
// since the city's use of the platform grows.
func (g *maker) plan() {
	g.perDay = make([]int, span)
	weight := make([]float64, span)
	sum := 0.0
	for d := range span {
		day := g.dayStart(d)
		w := 0.6 + 0.8*float64(d)/span
		if !g.City.Calendar.Works(day) {
			w *= 0.45
		}
		weight[d] = w
		sum += w
	}
	given, acc := 0, 0.0
	for d := range span {
		acc += weight[d] / sum * float64(g.Count)
		g.perDay[d] = int(acc+1e-6) - given
		given += g.perDay[d]
	}
	g.perDay[span-1] += g.Count - given
}

func (g *maker) dayStart(d int) time.Time {
	now := g.Now.In(g.City.Zone)
	return time.Date(now.Year(), now.Month(), now.Day()-span+1+d, 0, 0, 0, 0, g.City.Zone)
}

// times are the instants of one day's reports in order, at the hours at which
// real people report.
func (g *maker) times(d int) []time.Time {
	start := g.dayStart(d)
	out := make([]time.Time, g.perDay[d])
	for i := range out {
		p := g.patterns[g.r.IntN(len(g.patterns))]
		out[i] = start.Add(time.Duration(p.Created.Hour())*time.Hour + time.Duration(g.r.IntN(3600_000))*time.Millisecond)
		if out[i].After(g.Now) { // today has not happened whole
			out[i] = start.Add(time.Duration(g.r.Int64N(int64(g.Now.Sub(start)) + 1)))
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (g *maker) phrase() seed.CategoryPhrases {
	n := g.r.IntN(g.total)
	i, _ := slices.BinarySearch(g.weights, n+1)
	return g.phrases.Categories[i]
}

func (g *maker) lang() string {
	switch n := g.r.IntN(20); {
	case n < 9:
		return "ky"
	case n < 18:
		return "ru"
	}
	return "en"
}

func (g *maker) one(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[g.r.IntN(len(lines))]
}

// spot is a place inside the boundary, near a street, and what it is called.
func (g *maker) spot(p seed.Pattern) (lat, lon float64, address string) {
	box := g.City.Box
	for range 40 {
		if p.Placed && g.r.IntN(4) == 0 {
			lon = box[0] + (0.15+0.7*p.X)*(box[2]-box[0]) + g.r.NormFloat64()*0.002
			lat = box[1] + (0.15+0.5*p.Y)*(box[3]-box[1]) + g.r.NormFloat64()*0.0015
			address = ""
		} else {
			s := g.streets[g.r.IntN(len(g.streets))]
			i := g.r.IntN(len(s.Line) - 1)
			t := g.r.Float64()
			lon = s.Line[i][0] + t*(s.Line[i+1][0]-s.Line[i][0]) + g.r.NormFloat64()*0.0003
			lat = s.Line[i][1] + t*(s.Line[i+1][1]-s.Line[i][1]) + g.r.NormFloat64()*0.0002
			address = s.Names.In("ky") + ", " + strconv.Itoa(1+g.r.IntN(240))
		}
		if g.areas.Contains(lat, lon, g.Now.UnixMilli()) {
			break
		}
	}
	if address == "" {
		address = g.gaz.Where(lat, lon).Text("ky", func(name string) string { return name })
	}
	return lat, lon, address
}

func (g *maker) id(t time.Time) int64 {
	return ids.Floor(t) + int64(g.r.IntN(1<<22))
}

// make makes one report that came at an instant, with all that has happened to
// it until now.
func (g *maker) make(at time.Time) made {
	ph, p := g.phrase(), g.patterns[g.r.IntN(len(g.patterns))]
	cat, _ := g.book.Category(ph.Code)
	lang := g.lang()
	lat, lon, address := g.spot(p)
	f := &casework.File{
		ID: g.id(at), Kind: report.KindName, State: report.Waiting, Open: true, Visibility: casework.Public, Channel: channel(p.Channel), Lang: lang,
		Category: ph.Code, Placed: true, Lat: lat, Lon: lon, Address: address, Text: g.one(ph.Reports.In(lang)), Created: at.UnixMilli(),
		Updated: at.UnixMilli(), Version: 1,
	}
	f.Title = report.Title(f.Text, cat.Names.In(lang))
	if a, ok := g.areas.DistrictOf(lat, lon, at.UnixMilli()); ok {
		f.District = a.Code
	}
	f.Body = g.book.BodyFor(g.dir, ph.Code, f.District, at)
	f.Due = g.City.Calendar.Add(at, max(1, cat.Days)).UnixMilli()
	if cat.Private || g.r.IntN(60) == 0 {
		f.Visibility = casework.Private
	}
	g.serial++
	if g.serial%71 == 0 || g.Now.Sub(at) < 36*time.Hour && g.serial%5 == 0 {
		f.Author = resident(g.serial / 5)
	}
	if g.r.IntN(5) == 0 {
		f.AuthorName = g.phrases.People[g.r.IntN(len(g.phrases.People))].Name
	}
	if g.r.IntN(3) == 0 {
		f.Seen = int64(g.r.IntN(1 + g.r.IntN(30)))
	}
	events := []casework.Event{{ID: f.ID, Kind: casework.EventCreated, Public: true, Person: f.Author, Actor: f.AuthorName, Body: f.Body, State: report.Waiting, Lang: lang}}
	g.picture(f, &events[0], "before", g.r.IntN(10) < 4)
	st := &story{maker: g, f: f, events: events, ph: ph, last: at}
	st.tell(p)
	return made{f, st.events, g.answers(cat)}
}

// answers are what the reporter said to the questions of the category: to the
// required ones always, to the others as often as not.
func (g *maker) answers(cat *report.Category) map[string][]string {
	out := map[string][]string{}
	for _, q := range cat.Questions {
		if len(q.Values) > 0 && (q.Required || g.r.IntN(2) == 0) {
			out[q.Code] = []string{q.Values[g.r.IntN(len(q.Values))].Code}
		}
	}
	return out
}

func channel(c string) string {
	switch c {
	case "phone", "web", "app":
		return c
	}
	return "desk"
}
