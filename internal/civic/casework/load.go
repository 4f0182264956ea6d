package casework

import (
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// Loader writes many cases in one transaction, for imports and demo cities. It
// writes what Open and the steps would have written, but points, statistics
// and search are for the caller to load in bulk too.
type Loader struct {
	files, events, photos *db.Batch
}

// NewLoader returns a loader for a transaction.
func NewLoader(tx *db.Tx) *Loader {
	return &Loader{
		files:  tx.NewBatch("case.load", insertFile),
		events: tx.NewBatch("case.load.event", insertEvent),
		photos: tx.NewBatch("case.load.photo", insertPhotoText),
	}
}

// Add writes one case with its timeline.
func (l *Loader) Add(cityID int64, f *File, events []Event) error {
	if err := l.files.Add(fileArgs(cityID, f)...); err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		e.Case = f.ID
		if err := l.events.Add(eventArgs(cityID, e)...); err != nil {
			return err
		}
		for _, p := range e.Photos {
			if err := l.photos.Add(cityID, f.ID, p.ID, e.ID, p.Stage, p.Full, p.Thumb, p.Width, p.Height, p.Public); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close writes what is left.
func (l *Loader) Close() error {
	for _, r := range []*db.Batch{l.files, l.events, l.photos} {
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

// SetNumbers makes new cases of a year go on after the n that were loaded.
func SetNumbers(tx *db.Tx, cityID int64, k *Kind, year int, n int64) error {
	return city.SetCounter(tx, cityID, counterName(k, year), n)
}
