package budget

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/body"
	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/notify"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/features/budget/fdp"
	"github.com/ashar-kg/ashar/internal/features/budget/ledger"
	"github.com/ashar-kg/ashar/internal/platform/blob"
	"github.com/ashar-kg/ashar/internal/platform/clock"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/fresh"
	"github.com/ashar-kg/ashar/internal/platform/ids"
	"github.com/ashar-kg/ashar/internal/platform/jobs"
	"github.com/ashar-kg/ashar/internal/platform/once"
	"github.com/ashar-kg/ashar/internal/platform/web"
)

// Service is every use case of the budget.
type Service struct {
	Desk     *casework.Desk
	DB       *db.DB
	Blobs    blob.Store
	Clock    clock.Clock
	Cities   *city.Registry
	Bodies   *body.Store
	Versions *fresh.Versions
	Typeface func(name string) ([]byte, bool) // of the booklet's PDF
}

// The jobs.
const (
	jobCheck = "budget.check"
	jobStore = "budget.store"
)

// followed is what somebody follows who wants to know of new versions.
var followed = notify.Subject{Kind: "budget"}

func importAt(id int64) string { return "/staff/budget/imports/" + strconv.FormatInt(id, 10) }

func versionAt(id int64) string { return "/budget/versions/" + strconv.FormatInt(id, 10) }

// maxFile bounds one file of an import, in bytes.
const maxFile = 200 << 20

// Upload is a file that somebody sends.
type Upload struct {
	Name string
	Data io.Reader
}

// extensions are the files that are taken.
var extensions = []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".json"}

// Begin takes the files of an import and looks at them. Fields: source, title_<lang>,
// year, phase, day, file. Nothing is stored in a version.
func (s *Service) Begin(ctx context.Context, c *city.City, a permission.Actor, source string, answers Answers, files []Upload) (*Incoming, error) {
	if !a.Some(Import) {
		return nil, permission.ErrDenied
	}
	f := answers.check(s.Clock.Now().In(c.Zone))
	source = strings.TrimSpace(source)
	if source == "" || len([]rune(source)) > maxName {
		f.Fail("source", "budget.error.source", "max", maxName)
	}
	if len(files) == 0 {
		f.Fail("file", "budget.error.file")
	}
	for _, u := range files {
		if !slices.ContainsFunc(extensions, func(ext string) bool { return strings.HasSuffix(strings.ToLower(u.Name), ext) }) {
			f.Fail("file", "budget.error.kind", "name", clip(u.Name, 80))
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	in := &Incoming{ID: ids.At(s.Clock.Now()), State: Checking, Source: source, Answers: answers, Report: &Preview{}, Person: a.Person}
	for _, u := range files {
		key, size, err := s.Blobs.Put(ctx, u.Data, maxFile)
		if errors.Is(err, blob.ErrTooLarge) {
			return nil, web.Invalid(web.FieldError{Field: "file", Key: "budget.error.large", Args: []any{"mb", maxFile >> 20}})
		}
		if err != nil {
			return nil, err
		}
		in.Files = append(in.Files, Stored{Name: u.Name, Key: key, Size: size})
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		known, err := sourceAnswers(tx, c.ID, source)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if known != nil {
			in.Answers.Map, in.Answers.Locale, in.Answers.Sheet = known.Map, known.Locale, known.Sheet
			if in.Answers.Direction == "" {
				in.Answers.Direction = known.Direction
			}
		}
		if err := permission.Audit(tx, a, Import, "budget_import", in.ID, "", s.Clock.Now()); err != nil {
			return err
		}
		if err := s.recheck(tx, c, in); err != nil {
			return err
		}
		return once.Claim(tx, importAt(in.ID))
	})
	if err != nil {
		return nil, err
	}
	return in, s.checkNow(ctx, c, in)
}

// check finds what is wrong with what an officer says of a document.
func (a *Answers) check(now time.Time) *web.Form {
	f := &web.Form{}
	if a.Year < 1990 || a.Year > now.Year()+5 {
		f.Fail("year", "error.field.number", "min", 1990, "max", now.Year()+5)
	}
	if !slices.Contains(ledger.Phases, ledger.Phase(a.Phase)) {
		f.Fail("phase", "error.field.choice")
	}
	if day, err := time.Parse(time.DateOnly, a.Day); err != nil || day.After(now.AddDate(0, 0, 1)) {
		f.Fail("day", "budget.error.day")
	}
	if _, err := time.Parse(time.DateOnly, a.Until); a.Until != "" && (err != nil || a.Until[:4] != strconv.Itoa(a.Year) || a.Phase == string(ledger.Executed) && a.Until > a.Day) {
		f.Fail("until", "budget.error.until")
	}
	if a.Residents < 0 || a.Residents > mostResidents {
		f.Fail("residents", "error.field.number", "min", 1, "max", mostResidents)
	}
	f.Long("counted", a.Counted, maxName)
	for lang, text := range a.Titles {
		f.Long("title_"+lang, text, maxName)
	}
	if len(a.Titles) == 0 {
		f.Fail("title_ky", "budget.error.title")
	}
	return f
}

// recheck stores an import that is to be looked at; large files are looked at by a job.
func (s *Service) recheck(tx *db.Tx, c *city.City, in *Incoming) error {
	in.State, in.Done, in.Expected = Checking, 0, 0
	in.Attempt++
	if err := putImport(tx, c.ID, in); err != nil {
		return err
	}
	if !in.big() {
		return nil
	}
	return jobs.Enqueue(tx, c.ID, jobCheck, reference{in.ID})
}

// reference is the argument of both jobs.
type reference struct{ ID int64 }

// checkNow looks at a small import while somebody waits.
func (s *Service) checkNow(ctx context.Context, c *city.City, in *Incoming) error {
	if in.big() {
		return nil
	}
	return s.checked(ctx, c, in)
}

// checked looks at an import and keeps what was found, unless its answers have
// changed meanwhile.
func (s *Service) checked(ctx context.Context, c *city.City, in *Incoming) error {
	p, err := s.look(ctx, c, in)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		now, err := lockImport(tx, c.ID, in.ID)
		if err != nil || now.State != Checking || now.Attempt != in.Attempt {
			return err
		}
		now.Report, now.State = p, Asking
		// Only of a file that is new: what an officer empties afterwards stays empty.
		if now.Attempt == 1 && now.Answers.Until == "" && yearOfDay(p.Until) == now.Answers.Year {
			now.Answers.Until = p.Until
		}
		*in = *now
		return putImport(tx, c.ID, now)
	})
}

// CheckJob looks at a large import.
func (s *Service) CheckJob(ctx context.Context, j jobs.Job) error {
	c, in, err := s.importOf(ctx, j)
	if err != nil || in == nil || in.State != Checking {
		return err
	}
	return s.checked(ctx, c, in)
}

// importOf reads the import of a job; nil when it is gone.
func (s *Service) importOf(ctx context.Context, j jobs.Job) (*city.City, *Incoming, error) {
	var r reference
	if err := j.Decode(&r); err != nil {
		return nil, nil, jobs.Permanent(err)
	}
	c, ok := s.Cities.ByID(j.City)
	if !ok {
		return nil, nil, nil
	}
	var in *Incoming
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		in, err = incoming(tx, c.ID, r.ID)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, nil
	}
	return c, in, err
}

// Change gives an import other answers, and looks at it again.
func (s *Service) Change(ctx context.Context, c *city.City, a permission.Actor, id int64, answers Answers) error {
	if !a.Some(Import) {
		return permission.ErrDenied
	}
	if err := answers.check(s.Clock.Now().In(c.Zone)).Err(); err != nil {
		return err
	}
	var in *Incoming
	err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if in, err = lockImport(tx, c.ID, id); err != nil {
			return err
		}
		if in.State != Asking && in.State != Checking {
			return web.Conflict()
		}
		in.Answers = answers
		return s.recheck(tx, c, in)
	})
	if err != nil {
		return err
	}
	return s.checkNow(ctx, c, in)
}

// Confirm stores an import as a version that waits to be published. The officer
// must have answered in which unit the amounts are, and say that the sums are
// right. The same import a second time gives the version that it became first.
func (s *Service) Confirm(ctx context.Context, c *city.City, a permission.Actor, id int64, sure bool) (*Version, error) {
	if !a.Some(Import) {
		return nil, permission.ErrDenied
	}
	set, err := settingsOf(c)
	if err != nil {
		return nil, err
	}
	var v *Version
	var in *Incoming
	err = s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if in, err = lockImport(tx, c.ID, id); err != nil {
			return err
		}
		switch {
		case in.State != Asking:
			return web.Conflict()
		case in.Report.Ask != nil || in.Report.Failure != "" || in.Report.Rows == 0:
			return web.Invalid(web.FieldError{Field: "sure", Key: "budget.error.unread"})
		case in.Answers.Unit == "":
			return web.Invalid(web.FieldError{Field: "unit", Key: "budget.error.unit"})
		case !sure:
			return web.Invalid(web.FieldError{Field: "sure", Key: "budget.error.sure"})
		}
		digest, err := in.digest()
		if err != nil {
			return err
		}
		if v, err = versionByDigest(tx, c.ID, digest); err == nil {
			in.State, in.Version = Done, v.ID
			return putImport(tx, c.ID, in)
		} else if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		v = in.version(s.Clock.Now(), digest, int64(set.Residents), a.Person)
		if err := insertVersion(tx, c.ID, v); err != nil {
			return err
		}
		in.State, in.Version, in.Done, in.Expected = Storing, v.ID, 0, int64(in.Report.Rows)
		if err := errors.Join(putImport(tx, c.ID, in), putSource(tx, c.ID, in.Source, in.Answers.lasting()), permission.Audit(tx, a, "budget.confirm", "budget_version", v.ID, "", s.Clock.Now())); err != nil {
			return err
		}
		if in.big() {
			if err := jobs.Enqueue(tx, c.ID, jobStore, reference{in.ID}); err != nil {
				return err
			}
		}
		return once.Claim(tx, "/staff"+versionAt(v.ID))
	})
	if err != nil || in.State == Done || in.big() {
		return v, err
	}
	return v, s.store(ctx, c, in, v)
}

// version is what an import becomes.
func (in *Incoming) version(now time.Time, digest string, residents, person int64) *Version {
	a := in.Answers
	return &Version{
		Version: ledger.Version{ID: ids.At(now), Year: ledger.Year(a.Year), Phase: ledger.Phase(a.Phase), Day: a.Day, Until: a.Until},
		Titles:  a.Titles, Source: in.Source, FileKey: in.Files[0].Key, FileName: in.Files[0].Name, Digest: digest, State: Loading, Residents: cmp.Or(a.Residents, residents), Counted: a.Counted, Excerpt: a.Excerpt, Creator: person,
	}
}

// StoreJob stores a large import that was confirmed.
func (s *Service) StoreJob(ctx context.Context, j jobs.Job) error {
	c, in, err := s.importOf(ctx, j)
	if err != nil || in == nil || in.State != Storing {
		return err
	}
	var v *Version
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		v, err = version(tx, c.ID, in.Version)
		return err
	}); err != nil {
		return err
	}
	err = s.store(ctx, c, in, v)
	if errors.Is(err, errTooMuch) {
		return jobs.Permanent(err)
	}
	return err
}

// Drop forgets an import that was not confirmed.
func (s *Service) Drop(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.Some(Import) {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		in, err := lockImport(tx, c.ID, id)
		if err != nil {
			return err
		}
		if in.State != Asking && in.State != Checking {
			return web.Conflict()
		}
		in.State, in.Report = Dropped, &Preview{}
		return putImport(tx, c.ID, in)
	})
}

// Release publishes a version that is whole: the second step, after somebody has
// looked at it as it will stand.
func (s *Service) Release(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.turn(ctx, c, a, id, Ready, Published, func(tx *db.Tx, v *Version) error {
		v.Published = s.Clock.Now().UnixMilli()
		if err := tellLines(tx, c, v, a.Person); err != nil {
			return err
		}
		title, _ := v.Titles.In(c.Languages[0])
		return notify.Emit(tx, notify.Event{
			City: c.ID, Subject: followed, Key: "budget.notice.version", Link: versionAt(v.ID), Except: a.Person,
			Args: map[string]string{"title": title, "year": strconv.Itoa(int(v.Year))},
		})
	})
}

// Withdraw takes a published version back. It stays on record.
func (s *Service) Withdraw(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	return s.turn(ctx, c, a, id, Published, Withdrawn, func(*db.Tx, *Version) error { return nil })
}

// Discard removes a version that was never published.
func (s *Service) Discard(ctx context.Context, c *city.City, a permission.Actor, id int64) error {
	if !a.Some(Import) {
		return permission.ErrDenied
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		v, err := version(tx, c.ID, id)
		if err != nil {
			return err
		}
		if v.State != Ready {
			return web.Conflict()
		}
		if err := permission.Audit(tx, a, "budget.discard", "budget_version", id, "", s.Clock.Now()); err != nil {
			return err
		}
		return dropVersion(tx, c.ID, id)
	})
}

func (s *Service) turn(ctx context.Context, c *city.City, a permission.Actor, id int64, from, to string, also func(*db.Tx, *Version) error) error {
	if !a.Some(Publish) {
		return permission.ErrDenied
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		v, err := version(tx, c.ID, id)
		if err != nil {
			return err
		}
		if v.State != from {
			return web.Conflict()
		}
		if err := also(tx, v); err != nil {
			return err
		}
		if err := setState(tx, c.ID, v, to); err != nil {
			return err
		}
		if err := permission.Audit(tx, a, Publish, "budget_version", id, to, s.Clock.Now()); err != nil {
			return err
		}
		return once.Claim(tx, "/staff"+versionAt(id))
	})
	s.Versions.Mark(c.ID)
	return err
}

// LoadSteps reads steps of a classification from a CSV with the columns code,
// parent, from, until, ky, ru, en. Field: file.
func (s *Service) LoadSteps(ctx context.Context, c *city.City, a permission.Actor, scheme string, list []Step) error {
	if !a.Some(Import) {
		return permission.ErrDenied
	}
	f := &web.Form{}
	if !slices.Contains(Schemes, scheme) {
		f.Fail("scheme", "error.field.choice")
	}
	up := map[string]string{}
	for i := range list {
		x := &list[i]
		x.Scheme = scheme
		up[x.Code] = x.Parent
		if _, err := time.Parse(time.DateOnly, x.From); err != nil || x.Code == "" || len([]rune(x.Code)) > maxCode || len(x.Names) == 0 {
			f.Fail("file", "budget.error.step", "row", i+2)
			break
		}
	}
	for code := range up {
		at := code
		for range maxDepth {
			if at = up[at]; at == "" {
				break
			}
		}
		if at != "" {
			f.Fail("file", "budget.error.circle", "code", code)
			break
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, x := range list {
			if err := PutStep(tx, c.ID, x); err != nil {
				return err
			}
		}
		return permission.Audit(tx, a, "budget.steps", "budget_class", 0, scheme, s.Clock.Now())
	})
}

// Direct stores a version of given lines without a file of a person: the demo's.
func (s *Service) Direct(ctx context.Context, c *city.City, v *Version, lines []*Line) error {
	set, err := settingsOf(c)
	if err != nil {
		return err
	}
	v.ID, v.State = ids.At(s.Clock.Now()), Loading
	v.Residents = cmp.Or(v.Residents, int64(set.Residents))
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := insertVersion(tx, c.ID, v); err != nil {
			return err
		}
		v.State = Loading
		roll := newRoll(v)
		batch := tx.NewBatch("budget.line.load", insertLine)
		for _, l := range lines {
			l.Key = keyOf(l.Direction, l.Codes, l.Project, l.Labels)
			if l.Standing == "" {
				l.Standing = Part
			}
			if err := roll.add(l, nil); err != nil {
				return err
			}
			l.ID = roll.lines
			if err := batch.Add(lineArgs(c.ID, v.ID, l)...); err != nil {
				return err
			}
		}
		if err := errors.Join(batch.Close(), roll.write(tx, c.ID)); err != nil {
			return err
		}
		v.Lines, v.Inferred, v.Published = roll.lines, roll.inferred, s.Clock.Now().UnixMilli()
		return setState(tx, c.ID, v, Published)
	})
}

// unit words for a select.
var unitNames = []string{"som", "thousand", "million"}

// readings are a sum in each unit, for the question which one is right.
func readings(sum string, residents int64) (out []reading) {
	for _, unit := range unitNames {
		d, ok := fdp.ParseDecimal(sum)
		if !ok {
			continue
		}
		minor, ok := d.Shifted(fdp.Units[unit]).Minor()
		if ok {
			out = append(out, reading{unit, ledger.Of(minor), ledger.Of(minor).Per(residents)})
		}
	}
	return out
}

type reading struct {
	Unit   string
	Amount ledger.Amount
	Each   ledger.Amount
}
