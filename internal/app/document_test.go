package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
)

// attach sends a form with files by their names.
func (b *browser) attach(want int, path string, form url.Values, files map[string]string) (body, at string) {
	b.t.Helper()
	return b.upload(want, path, "files", form, files)
}

// upload sends a form with files under the name of a field.
func (b *browser) upload(want int, path, field string, form url.Values, files map[string]string) (body, at string) {
	b.t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile(field, name)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.http.Post(b.base+path, w.FormDataContentType(), &out)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != want {
		b.t.Fatalf("POST %s: status %d, want %d\n%.600s", path, answer.StatusCode, want, data)
	}
	return string(data), answer.Request.URL.Path
}

var keptFile = regexp.MustCompile(`name="kept_file" value="([^"]+)"`)

func TestPapersOfAnAppealAreKeptByteForByteAndForItsReadersOnly(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		be := func(person string) *browser {
			b := visit(t, s)
			b.do(200, http.MethodPost, "/demo", url.Values{"person": {person}, "back": {"/account"}})
			return b
		}
		author, clerk, other := be("2000"), be("1003"), be("2001")
		paper := "%PDF-1.4 an act of " + secret
		form := appealForm(bodyNamed(t, a, "gorsvet"))
		form.Set("name", "")
		page, _ := author.attach(422, "/appeals/new", form, map[string]string{"акт.pdf": paper, "page.pdf": "<script>alert(1)</script>", "run.html": "<p>"})
		kept := keptFile.FindAllStringSubmatch(page, -1)
		if len(kept) != 1 || !strings.Contains(page, "акт.pdf") || !strings.Contains(page, "page.pdf") || !strings.Contains(page, "run.html") {
			t.Fatalf("%d files are kept, and what is wrong with the others is said in %.900s", len(kept), page)
		}
		form.Set("name", "Айгүл")
		form["kept_file"] = []string{kept[0][1], strings.Replace(kept[0][1], ".", "x.", 1)} // the second is nobody's
		page, at := author.attach(200, "/appeals/new", form, nil)
		number := appealNumber.FindString(at)
		link := regexp.MustCompile(`/appeals/`+number+`/files/[0-9a-z]+`).FindAllString(page, -1)
		if len(link) != 1 {
			t.Fatalf("the appeal shows %d files", len(link))
		}
		for name, b := range map[string]*browser{"the author": author, "the clerk": clerk} {
			if got, _ := b.do(200, http.MethodGet, link[0], nil); got != paper {
				t.Errorf("%s reads %q", name, got)
			}
		}
		answer, err := author.http.Get(s.URL + link[0])
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if h := answer.Header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Security-Policy") != "sandbox" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("a file of a stranger is sent with %v", h)
		}
		for _, b := range []*browser{other, be("1006"), be("1000"), visit(t, s)} {
			b.do(404, http.MethodGet, link[0], nil)
		}
		clerk.attach(200, "/staff/appeals/"+number, url.Values{"do": {"attach"}}, map[string]string{"photo.png": "\x89PNG the lamp"})
		if page, _ := author.do(200, http.MethodGet, "/appeals/"+number, nil); !strings.Contains(page, "photo.png") || !strings.Contains(page, "opened") && !strings.Contains(page, "looks") {
			t.Error("the author does not see what the clerk has added")
		}
		author.attach(422, "/appeals/"+number+"/say", nil, nil)
		author.attach(200, "/appeals/"+number+"/say", url.Values{"text": {"And it rains in."}}, map[string]string{"more.txt": "more"})
		if page, _ := clerk.do(200, http.MethodGet, "/staff/appeals/"+number, nil); !strings.Contains(page, "And it rains in.") || !strings.Contains(page, "more.txt") {
			t.Error("the clerk does not see what the author has added")
		}
	})
}
