package place

import (
	"fmt"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/internal/platform/tiles"
)

// BenchmarkCity reads a small and a large city side by side: a tile and a look around must cost
// about the same in both.
func BenchmarkCity(b *testing.B) {
	for _, size := range []int{10_000, 2_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d := dbtest.OpenSQLite(b, []db.Migrations{Migrations})
			fill(b, d, size)
			for _, zoom := range []int{8, 11, 13, 15, 16, 18} {
				for _, category := range []string{"", "lighting"} {
					at := tiles.At(74.6036, 42.8760, zoom)
					b.Run(fmt.Sprintf("tile z%d %s", zoom, category), func(b *testing.B) {
						for b.Loop() {
							view(b, d, func(tx *db.Tx) error {
								_, err := Tile(tx, bishkek, "report", at, category)
								return err
							})
						}
					})
				}
			}
			b.Run("nearby", func(b *testing.B) {
				for b.Loop() {
					view(b, d, func(tx *db.Tx) error {
						_, err := Nearby(tx, bishkek, "report", 42.8760, 74.6036, 500, 10, nil)
						return err
					})
				}
			})
		})
	}
}

func fill(b *testing.B, d *db.DB, size int) {
	const piece = 5_000
	start := time.Now()
	for from := 0; from < size; from += piece {
		points := someCity(min(piece, size-from), uint64(from+1))
		update(b, d, func(tx *db.Tx) error { return Append(tx, bishkek, points) })
	}
	stored := time.Now()
	update(b, d, func(tx *db.Tx) error { return Recount(tx, bishkek, "report") })
	b.Logf("%d points: stored in %v, counted in %v", size, stored.Sub(start), time.Since(stored))
}
