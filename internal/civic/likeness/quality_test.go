package likeness_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/civic/likeness"
	"github.com/ashar-kg/ashar/seed"
)

// pair is two texts of which is known whether they are about the same.
type pair struct {
	a, b         string
	langA, langB string
	same         bool
	weight       int // cases that have these words
}

// score is what a measure is worth at the threshold.
type score struct{ hit, missed, wrong, right int }

func (s score) precision() float64 { return float64(s.hit) / float64(max(1, s.hit+s.wrong)) }
func (s score) recall() float64    { return float64(s.hit) / float64(max(1, s.hit+s.missed)) }

// falseAlarm is the share of pairs about different things that are taken for alike.
func (s score) falseAlarm() float64 { return float64(s.wrong) / float64(max(1, s.wrong+s.right)) }

func judge(pairs []pair) (s score) {
	for _, p := range pairs {
		alike := likeness.Of(p.a, p.langA).To(likeness.Of(p.b, p.langB)) >= likeness.Threshold
		switch {
		case p.same && alike:
			s.hit += p.weight
		case p.same:
			s.missed += p.weight
		case alike:
			s.wrong += p.weight
		default:
			s.right += p.weight
		}
	}
	return s
}

func lines(t *testing.T, name string) (out [][]string) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		out = append(out, strings.Split(in.Text(), "\t"))
	}
	return out
}

// translated pairs every held line of the demo's phrases with the line that
// says the same in the other language, and with those of other categories.
func translated(t *testing.T, langA, langB string) (out []pair) {
	t.Helper()
	data, err := seed.Load()
	if err != nil {
		t.Fatal(err)
	}
	const held = 6 // lines before it were read while the table of things was written
	list := data.Phrases.Categories
	for i, x := range list {
		if x.Code == "street-light" { // read whole
			continue
		}
		for n, a := range x.Reports.In(langA)[held:] {
			if langA != langB {
				out = append(out, pair{a, x.Reports.In(langB)[held+n], langA, langB, true, 1})
			}
			for j, y := range list {
				if j != i && y.Code != "street-light" {
					out = append(out, pair{a, y.Reports.In(langB)[held+n], langA, langB, false, 1})
				}
			}
		}
	}
	return out
}

// told are pairs in which two people say the same in words of their own, and
// each with what others say about something else.
func told(t *testing.T, lang string) (out []pair) {
	t.Helper()
	var rows [][]string
	for _, row := range lines(t, "same.tsv") {
		if row[0] == lang {
			rows = append(rows, row)
		}
	}
	for i, x := range rows {
		out = append(out, pair{x[1], x[2], lang, lang, true, 1})
		for j, y := range rows {
			if i != j {
				out = append(out, pair{x[1], y[2], lang, lang, false, 1})
			}
		}
	}
	return out
}

// sanFrancisco are pairs of real cases near each other in place and time.
func sanFrancisco(t *testing.T) (out []pair) {
	t.Helper()
	for _, row := range lines(t, "sf311.tsv")[1:] {
		n, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pair{row[2], row[3], "en", "en", row[1] == "yes", n})
	}
	return out
}

func TestQualityAtTheThreshold(t *testing.T) {
	for _, row := range []struct {
		name              string
		pairs             []pair
		recall, precision float64 // the bar
		falseAlarms       float64
	}{
		{"the same said twice in Kyrgyz", told(t, "ky"), 0.9, 0.85, 0.02},
		{"the same said twice in Russian", told(t, "ru"), 0.9, 0.85, 0.02},
		{"Kyrgyz and Russian translations", translated(t, "ky", "ru"), 0.7, 0.65, 0.02},
		{"different things in Kyrgyz", translated(t, "ky", "ky"), 0, 0, 0.02},
		{"different things in Russian", translated(t, "ru", "ru"), 0, 0, 0.02},
		// A third of these codes, such as "On street", do not say what it is about.
		{"cases of San Francisco near each other", sanFrancisco(t), 0.55, 0.8, 0.15},
	} {
		s := judge(row.pairs)
		t.Logf("%-40s recall %.3f, precision %.3f, false alarms %.4f: %+v", row.name, s.recall(), s.precision(), s.falseAlarm(), s)
		if s.hit+s.missed > 0 && s.recall() < row.recall {
			t.Errorf("%s: recall %.3f, expected at least %.2f", row.name, s.recall(), row.recall)
		}
		if s.hit+s.missed > 0 && s.precision() < row.precision {
			t.Errorf("%s: precision %.3f, expected at least %.2f", row.name, s.precision(), row.precision)
		}
		if s.falseAlarm() > row.falseAlarms {
			t.Errorf("%s: false alarms %.4f, expected at most %.2f", row.name, s.falseAlarm(), row.falseAlarms)
		}
	}
}
