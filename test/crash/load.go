// Package crash kills servers and databases under load and looks whether
// anything that was acknowledged is gone.
package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// load are clients that write and remember what was acknowledged. A write
// without an answer is repeated with its key until there is one.
type load struct {
	bases []string // servers, asked by turns
	http  http.Client

	mu       sync.Mutex
	requests map[string]string // Open311 number → description
	updates  map[string]string // update id → request number
	contacts map[string]bool   // addresses whose report waits for a code
	refused  []string          // answers that a good client does not expect
}

func newLoad(bases ...string) *load {
	return &load{
		bases: bases, requests: map[string]string{}, updates: map[string]string{}, contacts: map[string]bool{},
		http: http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// run writes with several workers until ctx ends; a write that was begun is
// brought to its end until finish does.
func (l *load) run(ctx, finish context.Context, workers int) {
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				l.write(finish, w, n)
			}
		})
	}
	all.Wait()
}

func (l *load) write(ctx context.Context, w, n int) {
	name := fmt.Sprintf("lamp %d of worker %d", n, w)
	switch n % 3 {
	case 0:
		var answer []struct {
			ID string `json:"service_request_id"`
		}
		body, kind := withPhoto(map[string]string{
			"api_key": "demo-key", "service_code": "street-light", "attribute[fault]": "out", "lat": "42.8746", "long": "74.6036", "description": name,
		}, w, n)
		if l.ask(ctx, name, "/open311/v2/requests.json", kind, body, &answer) == "" || len(answer) == 0 {
			return
		}
		l.mu.Lock()
		l.requests[answer[0].ID] = name
		l.mu.Unlock()
	case 1:
		address := fmt.Sprintf("w%d-n%d@crash.example", w, n)
		form := url.Values{
			"step": {"details"}, "category": {"street-light"}, "lat": {"42.8746"}, "lon": {"74.6036"}, "address": {"Chuy 120"}, "text": {name},
			"q_fault": {"out"}, "contact": {address},
		}
		if at := l.ask(ctx, name, "/reports/new", "application/x-www-form-urlencoded", []byte(form.Encode()), nil); strings.HasPrefix(at, "/confirm/") {
			l.mu.Lock()
			l.contacts[address] = true
			l.mu.Unlock()
		}
	case 2:
		number := l.any()
		if number == "" {
			return
		}
		var answer []struct {
			ID string `json:"update_id"`
		}
		form := url.Values{"api_key": {"demo-key"}, "service_request_id": {number}, "update_id": {name}, "status": {"OPEN"}, "description": {name}, "updated_datetime": {time.Now().Format(time.RFC3339)}}
		if l.ask(ctx, name, "/open311/v2/servicerequestupdates.json", "application/x-www-form-urlencoded", []byte(form.Encode()), &answer) == "" || len(answer) == 0 {
			return
		}
		l.mu.Lock()
		l.updates[answer[0].ID] = number
		l.mu.Unlock()
	}
}

func (l *load) any() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for number := range l.requests {
		return number
	}
	return ""
}

// ask posts until there is an answer and returns where it leads, or "ok".
func (l *load) ask(ctx context.Context, key, path, kind string, body []byte, out any) string {
	for try := 0; ctx.Err() == nil; try++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.bases[try%len(l.bases)]+path, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Idempotency-Key", key)
		answer, err := l.http.Do(r)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		switch {
		case err != nil || answer.StatusCode >= 500:
			time.Sleep(20 * time.Millisecond)
		case answer.StatusCode == http.StatusSeeOther:
			return answer.Header.Get("Location")
		case answer.StatusCode > 299 || (out != nil && json.Unmarshal(text, out) != nil):
			l.mu.Lock()
			l.refused = append(l.refused, fmt.Sprintf("%s: %d %.200s", path, answer.StatusCode, text))
			l.mu.Unlock()
			return ""
		default:
			return "ok"
		}
	}
	return ""
}

// withPhoto makes a form with a small photo of its own.
func withPhoto(fields map[string]string, w, n int) ([]byte, string) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		form.WriteField(name, value)
	}
	picture := image.NewRGBA(image.Rect(0, 0, 48, 32))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * (w + 3) * (n + 7))
	}
	picture.Set(0, 0, color.White)
	part, err := form.CreateFormFile("photo1", "lamp.jpg")
	if err == nil {
		err = jpeg.Encode(part, picture, nil)
	}
	if err != nil {
		panic(err) // neither fails in memory
	}
	form.Close()
	return body.Bytes(), form.FormDataContentType()
}
