package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/tiles"
	"github.com/ashar-kg/ashar/test/harness"
)

// firstReport returns the number of the newest public report.
func firstReport(base string) (string, error) {
	answer, err := http.Get(base + "/data/reports.json")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var rows []struct{ Number string }
	if err := json.NewDecoder(answer.Body).Decode(&rows); err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", fmt.Errorf("%s has no public report", base)
	}
	return rows[0].Number, nil
}

// views are the pages whose cost must not grow with the city: read by a
// resident, whose pages are never taken from the cache, or by the dispatcher.
// The dashboard of one body is not among them: it counts the open cases of its
// people one by one, so it costs as much as is open there.
var views = map[string][]string{
	"2000": {
		"/", "/reports", "/reports?state=open", "/reports?state=fixed", "/reports?category=pothole", "/reports?body=gorsvet", "/reports?district=leninsky",
		"/reports?category=street-light&state=not_fixed&district=sverdlovsky", "/reports?q=чуңкур", "/reports?from=2024-03-01&to=2024-03-31", "/reports.atom", "/reports.rss",
		"/reports/NUMBER", "/reports/new", "/bodies", "/bodies/gorsvet", "/districts/leninsky", "/data/reports.csv", "/data/reports.geojson",
		"/open311/v2/services.xml", "/open311/v2/requests.json?page_size=50", "/open311/v2/requests.xml?status=open&page_size=50", "/open311/v2/requests/NUMBER.json",
		"/api/v1/reports", "/api/v1/bodies", "/api/v1/reports/similar?lat=42.8746&lon=74.6036&category=pothole", "/account",
		"/appeals", "/answers", "/answers?kind=appeal&period=4w", "/bulletins", "/systemic", "/outages",
	},
	"1001": {
		"/staff", "/staff?view=late", "/staff?view=soon", "/staff?view=mine", "/staff?view=closed", "/staff?view=held", "/staff?view=unassigned",
		"/staff?category=pothole", "/staff?q=чуңкур", "/staff/near?lat=42.8746&lon=74.6036", "/staff/moderation", "/staff/reports/NUMBER",
		"/staff?kind=appeal", "/staff/desk", "/staff/figures", "/staff/systemic", "/staff/outages",
	},
}

// rounds is how often each page is read in each city.
const rounds = 25

// atlas are the tiles over the middle of the city, from the whole of it to a
// street.
func atlas() []string {
	var out []string
	for _, zoom := range []int{9, 11, 12, 13, 14, 15, 16, 17} {
		t := tiles.At(74.6036, 42.8746, zoom)
		out = append(out, fmt.Sprintf("/tiles/reports/%d/%d/%d.mvt", t.Z, t.X, t.Y))
	}
	return append(out, out[3]+"?category=pothole")
}

// growth reads every view in a small and a large city by turns. Where the small
// city has not enough to fill a page, the large one may take longer by as much
// as its page is longer: that is more to read, not a cost of history.
func growth(t *table, bin, small, large string) error {
	var servers [2]*harness.Process
	for i, dir := range []string{small, large} {
		s, err := serve(bin, "--data", dir)
		if err != nil {
			return err
		}
		defer s.Stop()
		servers[i] = s
	}
	for _, who := range []string{"2000", "1001"} {
		var clients [2]*http.Client
		var numbers [2]string
		for i, s := range servers {
			var err error
			if clients[i], err = person(s.URL, who); err != nil {
				return err
			}
			if numbers[i], err = firstReport(s.URL); err != nil {
				return err
			}
		}
		list := views[who]
		if who == "2000" {
			list = append(list, atlas()...)
		}
		for _, path := range list {
			var took [2][]time.Duration
			var size [2]int64
			for range rounds {
				for i, s := range servers {
					d, n, err := fetch(clients[i], s.URL+numbered(path, numbers[i]))
					if err != nil {
						return err
					}
					took[i], size[i] = append(took[i], d), n
				}
			}
			a, b := median(took[0]), median(took[1])
			ratio := float64(b) / float64(a) / max(1, float64(size[1])/float64(size[0]))
			got := fmt.Sprintf("%.2f (%s → %s, %d → %d bytes)", ratio, a.Round(10*time.Microsecond), b.Round(10*time.Microsecond), size[0], size[1])
			t.line("growth of "+path, got, "≤ 1.50", ratio <= 1.5)
		}
	}
	return nil
}

func fetch(c *http.Client, address string) (time.Duration, int64, error) {
	began := time.Now()
	answer, err := c.Get(address)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err != nil {
		return 0, 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return time.Since(began), n, nil
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func numbered(path, number string) string { return strings.Replace(path, "NUMBER", number, 1) }
