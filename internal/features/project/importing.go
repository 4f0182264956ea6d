package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// The forms of a file.
const (
	FormOC4IDS = "oc4ids"
	FormOCDS   = "ocds"
	FormCSV    = "csv"
	FormXLSX   = "xlsx"
)

// maxFile bounds a file that is imported, in bytes, and maxImport its projects.
const (
	maxFile   = 32 << 20
	maxImport = 20000
)

// Read is what a file says.
type Read struct {
	Form     string
	Rows     int
	Projects []*Project // with their public ids; the rest of what is the city's own is not set
	Told     map[string][]Update
	Releases []Release // of contracts, for projects that there are
	Refused  []Refusal
}

// Parse reads a file of any of the forms. Bodies are found in the directory; it
// may be nil. A file that cannot be read at all has a refusal and no rows.
func Parse(data []byte, c *city.City, dir *body.Directory) *Read {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch head := bytes.TrimSpace(data); {
	case len(head) == 0:
		return &Read{Refused: []Refusal{refuse(Refusal{Line: 1, Code: badEmpty})}}
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return parseXLSX(data, c, dir)
	case head[0] == '{' || head[0] == '[':
		return parseJSON(data, c, dir)
	}
	return parseCSV(data, c, dir)
}

// parseJSON reads a package of projects or of releases.
func parseJSON(data []byte, c *city.City, dir *body.Directory) *Read {
	doc, err := decode(data)
	if err != nil {
		return &Read{Form: FormOC4IDS, Refused: []Refusal{refuse(Refusal{Line: lineOf(data, err), Code: badJSON, Value: err.Error()})}}
	}
	m, ok := doc.(map[string]any)
	if !ok {
		return &Read{Form: FormOC4IDS, Refused: []Refusal{refuse(Refusal{Path: "/", Code: badObject})}}
	}
	_, releases := m["releases"]
	_, records := m["records"]
	out := &Read{}
	if _, projects := m["projects"]; !projects && (releases || records) {
		out = parseOCDS(m)
	} else {
		out = parseOC4IDS(m, c, dir)
	}
	if len(out.Refused) > 0 {
		out.locate(data)
	}
	return out
}

// decode reads one JSON document with its numbers as they are written.
func decode(data []byte) (doc any, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	return doc, nil
}

// lineOf is the line at which a document stops being JSON.
func lineOf(data []byte, err error) int {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return 1 + bytes.Count(data, []byte("\n"))
	}
	return 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
}

// What becomes of a project of a file.
const (
	PlanNew    = "new"
	PlanChange = "change"
	PlanSame   = "same"
)

// Planned is a project of a file and what becomes of it.
type Planned struct {
	Title  string
	Public string
	What   string
	ID     int64 // 0 for a new one
	Facts  []Fact
}

// Plan is what an import would do, or has done.
type Plan struct {
	Form    string
	Rows    int
	Items   []Planned
	Refused []Refusal
}

// Count is how many projects of a plan become something.
func (p *Plan) Count(what string) (n int) {
	for _, i := range p.Items {
		if i.What == what {
			n++
		}
	}
	return n
}

var errPreview = errors.New("project: nothing is stored by a preview")

// Preview tells what an import would do.
func (s *Service) Preview(ctx context.Context, c *city.City, a permission.Actor, data []byte) (*Plan, error) {
	return s.load(ctx, c, a, data, true)
}

// Import stores what a file says. What is refused is left out; a file that says
// what the city already knows changes nothing.
func (s *Service) Import(ctx context.Context, c *city.City, a permission.Actor, data []byte) (*Plan, error) {
	return s.load(ctx, c, a, data, false)
}

func (s *Service) load(ctx context.Context, c *city.City, a permission.Actor, data []byte, dry bool) (*Plan, error) {
	if err := a.Check(Load, 0); err != nil {
		return nil, err
	}
	dir, err := s.Bodies.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	read := Parse(data, c, dir)
	var plan *Plan
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		plan = &Plan{Form: read.Form, Rows: read.Rows, Refused: append([]Refusal(nil), read.Refused...)}
		for _, p := range read.Projects {
			if err := s.merge(tx, c, a, dir, p, read.Told[p.Public], plan); err != nil {
				return err
			}
		}
		if err := s.release(tx, c, a, dir, read.Releases, plan); err != nil {
			return err
		}
		if dry {
			return errPreview
		}
		if plan.Count(PlanNew)+plan.Count(PlanChange) > 0 {
			if err := permission.Audit(tx, a, Load, "project", 0, fmt.Sprintf("%s: %d rows", read.Form, read.Rows), s.Clock.Now()); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/staff/projects?done=imported")
	})
	if dry && errors.Is(err, errPreview) {
		err = nil
	}
	return plan, err
}

// merge stores one project of a file: a new one, or what it says anew of one
// with its public id.
func (s *Service) merge(tx *db.Tx, c *city.City, a permission.Actor, dir *body.Directory, p *Project, told []Update, plan *Plan) error {
	title, _ := p.Titles.In(c.Languages[0])
	item := Planned{Title: title, Public: p.Public, What: PlanNew}
	before, err := byPublic(tx, c.ID, p.Public)
	if err != nil {
		return err
	}
	by := Change{Act: ActImported, Person: a.Person, Body: workplace(a, p.Body)}
	by.Actor = dir.Name(by.Body, c.Languages[0])
	now := s.Clock.Now()
	next, err := p.clone()
	if err != nil {
		return err
	}
	if before == nil {
		next.ID, next.Progress, next.Told, next.Created, next.Updated, next.Version = ids.At(now), -1, now.UnixMilli(), now.UnixMilli(), now.UnixMilli(), 1
		if err := s.locate(tx.Context(), c, next); err != nil {
			return err
		}
		for i := range told {
			u := told[i]
			u.ID, u.Project = ids.At(now), next.ID
			if err := putUpdate(tx, c.ID, 0, &u); err != nil {
				return err
			}
			next.Progress = max(next.Progress, u.Percent)
		}
		made, err := s.add(tx, c, next, by)
		if err != nil {
			return err
		}
		if !made {
			plan.Refused = append(plan.Refused, refuse(Refusal{Path: p.Public, Code: badOrigin}))
			return nil
		}
		item.Facts = next.facts()
		plan.Items = append(plan.Items, item)
		return nil
	}
	item.ID, item.What = before.ID, PlanSame
	next.ID, next.Progress, next.Told, next.Created, next.Updated, next.Version = before.ID, before.Progress, before.Told, before.Created, before.Updated, before.Version
	next.OriginKind, next.OriginRef, next.OriginLink = before.OriginKind, before.OriginRef, before.OriginLink
	for i := range next.Contracts {
		keepReleases(&next.Contracts[i], before.Contracts)
	}
	if next.Body == 0 && next.Authority == "" {
		next.Body, next.Authority = before.Body, before.Authority
	}
	if err := s.locate(tx.Context(), c, next); err != nil {
		return err
	}
	if item.Facts = differ(before.facts(), next.facts()); len(item.Facts) > 0 {
		item.What = PlanChange
	} else if next.Raw == "" {
		next.Raw = before.Raw
	}
	if _, err := s.save(tx, c, before, next, by); err != nil {
		return err
	}
	plan.Items = append(plan.Items, item)
	return nil
}

// keepReleases keeps which releases a contract has taken already.
func keepReleases(k *Contract, old []Contract) {
	for _, o := range old {
		if o.ID == k.ID && k.Releases == nil {
			k.Releases = o.Releases
		}
	}
}

// nothingTaken is what the web says of a file that has nothing to take; the page
// lists why.
func nothingTaken(list []Refusal) error {
	if len(list) == 0 {
		return web.Invalid(web.FieldError{Field: "file", Key: "project.error.nothing"})
	}
	return web.Invalid(web.FieldError{Field: "file", Key: "project.error.file"})
}
