package app_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/internal/app"
)

var keptPhoto = regexp.MustCompile(`name="kept_photo" value="([^"]+)"`)

// placed is a GeoJSON of ideas or projects.
type placed struct {
	Features []struct {
		Geometry   struct{ Type string }
		Properties struct {
			Code string
			At   []float64
		}
	}
}

// shapeAt reads the only feature of a GeoJSON.
func shapeAt(t *testing.T, b *browser, path string) (kind string, at []float64) {
	t.Helper()
	page, _ := b.do(200, http.MethodGet, path, nil)
	var g placed
	if err := json.Unmarshal([]byte(page), &g); err != nil || len(g.Features) != 1 {
		t.Fatalf("%s: %d features, %v", path, len(g.Features), err)
	}
	return g.Features[0].Geometry.Type, g.Features[0].Properties.At
}

func TestAnIdeaReachesAlongALineOrOverAnArea(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		head, clerk, author := demoPerson(t, s, "1004"), demoPerson(t, s, "1003"), demoPerson(t, s, "2000")
		form := setUp(t, a, head, "2041")
		const ideas = "/vote/2041/ideas"
		faulty(t, author, ideas+"/new")

		// A line says where the idea is, whatever point was chosen before; its number stands on it.
		line := changed(bright("Lamps all along Chuy"), "shape_kind", "line", "shape", "42.8762, 74.587\n42.8757, 74.6036\n42.8755, 74.63\n", "lat", "42.84", "lon", "74.63")
		page, _ := author.upload(422, ideas+"/new?lang=en", "photos", changed(line, "title", ""), map[string]string{"street.jpg": string(drawn(t))})
		sent := keptPhoto.FindStringSubmatch(page)
		if sent == nil {
			t.Fatal("the photo should be kept while the title is asked for")
		}
		line.Set("kept_photo", sent[1])
		number := propose(t, author, "2041", line)
		at := ideas + "/" + number
		kind, on := shapeAt(t, visit(t, s), at+"/place.geojson")
		if kind != "LineString" || len(on) != 2 || on[0] < 74.607 || on[0] > 74.61 {
			t.Errorf("the idea is a %s with its number at %v", kind, on)
		}
		for who, path := range map[*browser]string{visit(t, s): at, clerk: "/staff/ideas/" + number} {
			page, _ = who.do(200, http.MethodGet, path+"?lang=en", nil)
			if text := html.UnescapeString(page); !strings.Contains(text, "Pervomaysky district (57%), Sverdlovsky district (43%)") || !strings.Contains(text, at+"/place.geojson") {
				t.Errorf("%s should show the line and how much of it lies in which district", path)
			}
		}

		// What was returned is corrected corner by corner, and may become an area.
		clerk.do(200, http.MethodPost, "/staff/ideas/"+number, url.Values{"do": {"return"}, "note": {"How far?"}, "until": {cityDay(0, 0, 5)}})
		if page, _ = author.do(200, http.MethodGet, at+"/correct", nil); !strings.Contains(page, "42.8757, 74.6036\n") || !strings.Contains(page, `value="line" checked`) {
			t.Error("the form should hold the corners as they were typed")
		}
		author.do(200, http.MethodPost, at+"/correct", changed(line, "shape_kind", "area", "shape", "42.875, 74.6\n42.875, 74.602\n42.8755, 74.602"))
		if kind, _ := shapeAt(t, visit(t, s), at+"/place.geojson"); kind != "Polygon" {
			t.Errorf("the corrected place is a %s", kind)
		}
		onTheList(t, s, head, clerk, number)
		for _, name := range []string{"code", "district", "title_en", "amount"} {
			form.Del("pot_1_" + name) // a pot without projects cannot be voted on
		}
		form.Set("voting_begins", time.Now().Add(-time.Minute).In(bishkek).Format("2006-01-02T15:04"))
		head.do(200, http.MethodPost, "/staff/vote/2041/setup", form)
		openVote(t, s, "2041")
		onTheBallot(t, s, author, number)
	})
}

// faulty sends places that are none: each is told in words and kept as typed.
func faulty(t *testing.T, author *browser, at string) {
	t.Helper()
	for says, c := range map[string][2]string{
		"This cannot be read":     {"line", "from the bazaar to the bridge"},
		"Too few corners":         {"area", "42.87, 74.59\n42.87, 74.6"},
		"crosses or touches":      {"area", "42.87,74.59\n42.88,74.60\n42.87,74.60\n42.88,74.59"},
		"Too small":               {"line", "42.87, 74.6\n42.87001, 74.6"},
		"Not all of it lies":      {"line", "42.87, 74.59\n43.2, 74.59"},
		"that latitude comes":     {"line", "74.59, 42.87\n74.6, 42.87"},
		"must end where it began": {"", `{"type":"Polygon","coordinates":[[[74.59,42.87],[74.6,42.87],[74.6,42.88],[74.59,42.88]]]}`},
	} {
		page, _ := author.do(422, http.MethodPost, at+"?lang=en", changed(bright("A place"), "shape_kind", c[0], "shape", c[1]))
		text := html.UnescapeString(page)
		if !strings.Contains(text, says) || !strings.Contains(text, c[1]+"</textarea>") || c[0] != "" && !strings.Contains(text, `value="`+c[0]+`" checked`) {
			t.Errorf("%q: it should be told that %q, and what was typed kept", c[1], says)
		}
	}
}

// lamps is the thumbnail of the idea: small, and loaded when it comes into sight.
const lamps = `alt="Photo: Lamps" loading="lazy" decoding="async" width=`

// onTheList publishes the list with an idea that has an area and a photo.
func onTheList(t *testing.T, s *httptest.Server, head, clerk *browser, number string) {
	t.Helper()
	const at = "/vote/2041/projects"
	clerk.do(200, http.MethodPost, "/staff/ideas/"+number, url.Values{"do": {"check"}})
	clerk.do(200, http.MethodPost, "/staff/ideas/"+number, judged("feasible", "850 000"))
	head.do(200, http.MethodPost, "/staff/vote/2041/list", url.Values{"do": {"publish"}, "seed": {"4711"}})
	for _, path := range []string{".geojson", "/C01/place.geojson"} {
		if kind, on := shapeAt(t, visit(t, s), at+path); kind != "Polygon" || len(on) != 2 {
			t.Errorf("%s has a %s with its number at %v", path, kind, on)
		}
	}
	for _, path := range []string{at, at + "/C01"} {
		if page, _ := visit(t, s).do(200, http.MethodGet, path+"?lang=en", nil); !strings.Contains(page, lamps) {
			t.Errorf("%s lacks the photo of the idea", path)
		}
	}
}

// onTheBallot looks at the second step of a ballot, with the photo and once the
// idea is hidden.
func onTheBallot(t *testing.T, s *httptest.Server, author *browser, number string) {
	t.Helper()
	choose := changed(ballotOf(t, author, "2041"), "do", "choose")
	if page, _ := author.do(200, http.MethodPost, "/vote/2041/ballot?lang=en", choose); !strings.Contains(page, lamps) || !strings.Contains(page, "/vote/2041/projects.geojson") {
		t.Error("the ballot should show the photo and the map")
	}
	demoPerson(t, s, "1002").do(200, http.MethodPost, "/staff/ideas/"+number, url.Values{"do": {"hide"}})
	page, _ := author.do(200, http.MethodPost, "/vote/2041/ballot?lang=en", choose)
	list, _ := visit(t, s).do(200, http.MethodGet, "/vote/2041/projects?lang=en", nil)
	if strings.Contains(page+list, "/photos/") {
		t.Error("the photo of an idea that was hidden should not be shown")
	}
}
