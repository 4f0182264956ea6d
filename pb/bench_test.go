package pb_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

func benchmarkFile(b *testing.B, file string) string {
	dir := shared(b)
	if dir == "" {
		b.Skip("the larger set is absent")
	}
	return filepath.Join(dir, file)
}

func BenchmarkReadLodz2022(b *testing.B) {
	path := benchmarkFile(b, "Poland_Lodz_2022.pb.gz")
	for b.Loop() {
		election(b, path)
	}
}

func BenchmarkCount(b *testing.B) {
	for _, x := range []struct{ file, rule string }{
		{"Poland_Lodz_2022.pb.gz", "mes_cost"},
		{"Poland_Lodz_2022.pb.gz", "mes_card"},
		{"Poland_Warszawa_2026.pb.gz", "mes_cost"},
		{"Poland_Krakow_2024.pb.gz", "mes_points"},
		{"Poland_Lodz_2022.pb.gz", "phragmen"},
		{"Poland_Warszawa_2026.pb.gz", "mes_cost_add1"},
		{"Poland_Warszawa_2026.pb.gz", "mes_card_add1"},
		{"Poland_Lodz_2022.pb.gz", "mes_cost_add1"},
		{"Hungary_Budapest_2025_VIII_Jozsefvaros.pb", "mes_cost_add1"},
		{"Hungary_Budapest_2024.pb.gz", "mes_cost_add1"},
		{"Hungary_Budapest_2024.pb.gz", "mes_card_add1"},
	} {
		b.Run(x.file+"/"+x.rule, func(b *testing.B) {
			e := election(b, benchmarkFile(b, x.file))
			ties := pb.NewTieOrder(e)
			for b.Loop() {
				o, err := pb.Count(context.Background(), e, x.rule, ties, pb.EqualSharesOptions{})
				if err != nil {
					b.Fatal(err)
				}
				if n := len(o.Increments); n > 0 {
					b.ReportMetric(float64(o.Increments[n-1].To), "increments")
				}
				b.ReportMetric(float64(o.Arithmetic.Runs), "runs")
				b.ReportMetric(float64(o.Arithmetic.Exact), "exact")
				b.ReportMetric(float64(o.Arithmetic.Compared), "looks")
				b.ReportMetric(float64(o.Arithmetic.Refined), "refined")
			}
		})
	}
}

// A city of Bishkek's size where everybody votes: generated, merged and
// counted with add1 within one operation.
func BenchmarkMillion(b *testing.B) {
	for _, rule := range []string{"mes_cost_add1", "mes_card_add1"} {
		b.Run(rule, func(b *testing.B) {
			e := generate(b, 1_050_000, 300, 100_000_000)
			ties := pb.NewTieOrder(e)
			for b.Loop() {
				o, err := pb.Count(context.Background(), e, rule, ties, pb.EqualSharesOptions{})
				if err != nil {
					b.Fatal(err)
				}
				n := len(o.Increments)
				b.ReportMetric(float64(o.Increments[n-1].To), "increments")
				b.ReportMetric(float64(o.Arithmetic.Runs), "runs")
				b.ReportMetric(float64(e.Ballots()), "ballots")
				b.ReportMetric(float64(len(o.Winners)), "winners")
			}
		})
	}
}
