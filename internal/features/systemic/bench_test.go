package systemic

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/city"
	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/ids"
)

// BenchmarkLook compares one new case with those around it, in cities where 1 000
// and 55 000 cases came within the days that count: the second is a city of two
// million cases in three years.
func BenchmarkLook(b *testing.B) {
	for _, size := range []int{1000, 55000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d := dbtest.OpenSQLite(b, []db.Migrations{city.Migrations, casework.Migrations, Migrations})
			f := &finder{
				Service:  &Service{DB: d, Sources: map[string]Source{"report": {}}},
				c:        &city.City{ID: 1, Zone: time.UTC},
				settings: DefaultSettings, names: place.NewGazetteer(nil), docs: map[int64]likeness.Doc{}, now: time.Now(),
			}
			r := rand.New(rand.NewPCG(1, 2))
			some := func() *casework.File {
				at := f.now.Add(-time.Duration(r.Int64N(int64(29 * 24 * time.Hour))))
				words := make([]any, 6)
				for i := range words {
					words[i] = [...]string{"чырак", "түтүк", "суу", "жол", "мусор", "вода", "улица", "собака", "дерево", "автобус", "кошуна", "мектеп"}[r.IntN(12)]
				}
				return &casework.File{
					ID: ids.At(at), Kind: "report", Number: ids.Secret(8), State: "waiting", Open: true, Visibility: casework.Public, Placed: true,
					Lat: 42.83 + r.Float64()*0.08, Lon: 74.52 + r.Float64()*0.16, Text: fmt.Sprintln(words...), Created: at.UnixMilli(), Version: 1,
				}
			}
			update := func(fn func(tx *db.Tx) error) {
				b.Helper()
				if err := d.Update(b.Context(), fn); err != nil {
					b.Fatal(err)
				}
			}
			for range size / 1000 {
				update(func(tx *db.Tx) error {
					load := casework.NewLoader(tx)
					for range 1000 {
						file := some()
						if err := load.Add(1, file, nil); err != nil {
							return err
						}
						t, _ := f.place(file)
						if err := putTrace(tx, 1, t); err != nil {
							return err
						}
					}
					return load.Close()
				})
			}
			for b.Loop() {
				update(func(tx *db.Tx) error { return f.look(tx, some()) })
			}
		})
	}
}
