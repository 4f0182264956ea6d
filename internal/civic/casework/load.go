package casework

import (
	"fmt"
	"strings"

	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Loader writes many cases in one transaction, for imports and demo cities. It
// writes what Open and the steps would have written, but points, statistics
// and search are for the caller to load in bulk too.
type Loader struct {
	files, events, photos *rows
}

// NewLoader returns a loader for a transaction.
func NewLoader(tx *db.Tx, cityID int64) *Loader {
	return &Loader{
		files:  newRows(tx, "case.load", insertFile, 36),
		events: newRows(tx, "case.load.event", insertEvent, 14),
		photos: newRows(tx, "case.load.photo", insertPhotoText, 10),
	}
}

// Add writes one case with its timeline.
func (l *Loader) Add(cityID int64, f *File, events []Event) error {
	if err := l.files.add(fileArgs(cityID, f)); err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		e.Case = f.ID
		if err := l.events.add(eventArgs(cityID, e)); err != nil {
			return err
		}
		for _, p := range e.Photos {
			if err := l.photos.add([]any{cityID, f.ID, p.ID, e.ID, p.Stage, p.Full, p.Thumb, p.Width, p.Height, p.Public}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close writes what is left.
func (l *Loader) Close() error {
	for _, r := range []*rows{l.files, l.events, l.photos} {
		if err := r.flush(); err != nil {
			return err
		}
	}
	return nil
}

// rows gathers rows of one table into statements of a bounded number of
// parameters: longer ones cost more to parse than they save.
type rows struct {
	tx      *db.Tx
	name    string
	head    string
	columns int
	most    int
	args    []any
	full    *db.Prepared // of the usual number of rows; parsed once
}

const maxParams = 150

func newRows(tx *db.Tx, name, insert string, columns int) *rows {
	head, _, _ := strings.Cut(insert, "VALUES")
	return &rows{tx: tx, name: name, head: head, columns: columns, most: max(1, maxParams/columns)}
}

func (r *rows) text(n int) string {
	var b strings.Builder
	b.WriteString(r.head + "VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(db.In(i*r.columns+1, r.columns))
	}
	return b.String()
}

func (r *rows) add(args []any) error {
	if len(args) != r.columns {
		return fmt.Errorf("%s: %d values for %d columns", r.name, len(args), r.columns)
	}
	r.args = append(r.args, args...)
	if len(r.args) < r.most*r.columns {
		return nil
	}
	if r.full == nil {
		var err error
		if r.full, err = r.tx.Prepare(r.name, r.text(r.most)); err != nil {
			return err
		}
	}
	err := r.full.Exec(r.args...)
	r.args = r.args[:0]
	return err
}

func (r *rows) flush() error {
	if r.full != nil {
		if err := r.full.Close(); err != nil {
			return err
		}
		r.full = nil
	}
	if len(r.args) == 0 {
		return nil
	}
	_, err := r.tx.Exec(r.name, r.text(len(r.args)/r.columns), r.args...)
	r.args = r.args[:0]
	return err
}

// SetNumbers makes new cases of a year go on after the n that were loaded.
func SetNumbers(tx *db.Tx, cityID int64, k *Kind, year int, n int64) error {
	return city.SetCounter(tx, cityID, counterName(k, year), n)
}
