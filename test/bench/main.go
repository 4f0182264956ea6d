// Bench measures the figures that Ashar promises: what a page costs against a
// bare handler that sends the same bytes, how fast reports are taken, and how
// much slower a city of two million reports is than one of ten thousand. It
// prints a line for each figure and ends with status 1 when one is missed.
//
// Client and servers share the machine, so rates are ratios inside one run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/db/dbtest"
	"github.com/ashar-kg/ashar/seed/draw"
	"github.com/ashar-kg/ashar/test/harness"
)

const (
	connections = 64
	span        = 4 * time.Second
)

func main() {
	data := flag.String("data", "data/bench", "folder of the cities; they are loaded once and kept")
	small := flag.Int("small", 10_000, "reports of the small city")
	large := flag.Int("large", 2_000_000, "reports of the large city")
	only := flag.String("only", "", "measure just this: pages, growth, face, writes or ballots")
	bare := flag.String("bare", "", "serve the files of this folder on -listen and nothing else; used by the program itself")
	listen := flag.String("listen", "", "address of -bare")
	flag.Parse()
	var err error
	if *bare != "" {
		err = serveBare(*bare, *listen)
	} else {
		err = run(*data, *small, *large, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// table is what the run has found.
type table struct {
	out    *tabwriter.Writer
	missed int
}

func (t *table) line(what, got, goal string, ok bool) {
	word := "ok"
	if !ok {
		word = "MISSED"
		t.missed++
	}
	fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\n", what, got, goal, word)
	t.out.Flush()
}

func run(data string, small, large int, only string) error {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	bin, err := harness.Build(data)
	if err != nil {
		return err
	}
	cities := map[int]string{}
	for _, n := range []int{small, large} {
		if only == "writes" || only == "ballots" {
			break // they load cities of their own
		}
		if cities[n], err = city(bin, data, n); err != nil {
			return err
		}
	}
	t := &table{out: tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"size", func() error { return size(t, bin) }},
		{"pages", func() error { return pages(t, bin, cities[large], data) }},
		{"growth", func() error { return growth(t, bin, cities[small], cities[large]) }},
		{"face", func() error { return face(bin, cities[small], data) }},
		{"writes", func() error { return writes(t, bin, data) }},
		{"ballots", func() error { return ballots(t, bin, data) }},
	} {
		if only != "" && only != step.name {
			continue
		}
		if err := step.run(); err != nil {
			return err
		}
	}
	if t.missed > 0 {
		return fmt.Errorf("%d figures are missed", t.missed)
	}
	return nil
}

// city loads a demo city of n reports unless it is there.
func city(bin, data string, n int) (string, error) {
	dir := filepath.Join(data, fmt.Sprintf("city-%d", n))
	mark := filepath.Join(dir, "loaded")
	if _, err := os.Stat(mark); err == nil {
		return dir, nil
	}
	fmt.Printf("loading a city of %d reports\n", n)
	cmd := exec.Command(bin, "demo", "--reset", "--data", dir, "--scale", fmt.Sprint(n))
	cmd.Stderr = io.Discard
	cmd.Stdout = os.Stdout
	if err := cmd.Run(); err != nil {
		return "", err
	}
	return dir, os.WriteFile(mark, nil, 0o644)
}

func size(t *table, bin string) error {
	info, err := os.Stat(bin)
	if err != nil {
		return err
	}
	t.line("binary", fmt.Sprintf("%d MB", info.Size()>>20), "≤ 60 MB", info.Size() <= 60<<20)
	return nil
}

func serve(bin string, flags ...string) (*harness.Process, error) {
	port, err := harness.Port()
	if err != nil {
		return nil, err
	}
	return harness.Serve(bin, port, os.Stderr, append([]string{"--demo", "--log-level", "error"}, flags...)...)
}

// pages compares pages with a bare handler that sends the same bytes.
func pages(t *table, bin, dir, data string) error {
	s, err := serve(bin, "--data", dir)
	if err != nil {
		return err
	}
	defer s.Stop()
	t.line("start to first answer, large city", s.Ready.Round(time.Millisecond).String(), "≤ 500ms", s.Ready <= 500*time.Millisecond)
	one, err := firstReport(s.URL)
	if err != nil {
		return err
	}
	list := map[string]string{
		"report page":       "/reports/" + one,
		"list page":         "/reports",
		"Open311, 50 items": "/open311/v2/requests.json?page_size=50",
	}
	for _, name := range []string{"report page", "list page", "Open311, 50 items"} {
		if err := against(t, s, name, list[name], data); err != nil {
			return err
		}
	}
	memory, err := s.Memory()
	if err != nil {
		return err
	}
	t.line("resident memory under load, large city", fmt.Sprintf("%d MB", memory>>20), "≤ 300 MB", memory <= 300<<20)
	return nil
}

func against(t *table, s *harness.Process, name, path, data string) error {
	ours := strings.TrimPrefix(s.URL, "http://")
	body, head, err := raw(s.URL + path)
	if err != nil {
		return err
	}
	folder := filepath.Join(data, "bare")
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "body"), body, 0o644); err != nil {
		return err
	}
	var lines strings.Builder
	head.Write(&lines)
	if err := os.WriteFile(filepath.Join(folder, "head"), []byte(lines.String()), 0o644); err != nil {
		return err
	}
	port, err := harness.Port()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	bare, err := harness.Start(exec.Command(self, "-bare", folder, "-listen", address), "http://"+address, os.Stderr)
	if err != nil {
		return err
	}
	defer bare.Kill()
	rate := map[string][]result{}
	// By turns, so that what else the machine does hits both alike.
	for range 3 {
		for _, host := range []string{ours, address} {
			request := get(host, path)
			r, err := load(host, connections, span/2, func(int, int) []byte { return request })
			if err != nil {
				return err
			}
			if r.failed > 0 {
				return fmt.Errorf("%s: %d answers failed", path, r.failed)
			}
			rate[host] = append(rate[host], r)
		}
	}
	mine, plain := middle(rate[ours]), middle(rate[address])
	share := mine.perSec / plain.perSec
	t.line(name+" / bare handler", fmt.Sprintf("%.0f %% (%.0f of %.0f a second, %d bytes)", 100*share, mine.perSec, plain.perSec, len(body)), "≥ 30 %", share >= 0.3)
	t.line(name+" p99 at 64 connections", mine.p99.Round(100*time.Microsecond).String(), "≤ 50ms", mine.p99 <= 50*time.Millisecond)
	return nil
}

func middle(list []result) result {
	slices.SortFunc(list, func(x, y result) int { return int(x.perSec - y.perSec) })
	return list[len(list)/2]
}

// raw fetches an answer as it goes over the wire.
func raw(address string) ([]byte, http.Header, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Accept-Language", "ky")
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return body, answer.Header, err
}

// serveBare is the handler that ours is measured against.
func serveBare(folder, listen string) error {
	body, err := os.ReadFile(filepath.Join(folder, "body"))
	if err != nil {
		return err
	}
	lines, err := os.ReadFile(filepath.Join(folder, "head"))
	if err != nil {
		return err
	}
	head := http.Header{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(lines)), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		if name != "Date" && name != "X-Request-Id" {
			head.Add(name, value)
		}
	}
	return http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range head {
			h[name] = values
		}
		w.Write(body)
	}))
}

// face runs Lighthouse and the journey over a slow line, which print their own
// lines.
func face(bin, dir, data string) error {
	s, err := serve(bin, "--data", dir)
	if err != nil {
		return err
	}
	defer s.Stop()
	picture := filepath.Join(data, "lamp.jpg")
	out, err := os.Create(picture)
	if err != nil {
		return err
	}
	if err := errors.Join(jpeg.Encode(out, draw.Scene("street-light", 3, false), nil), out.Close()); err != nil {
		return err
	}
	port, err := harness.Port()
	if err != nil {
		return err
	}
	cmd := exec.Command("node", "test/browser/figures.mjs", s.URL, picture, fmt.Sprint(port))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// person signs in as somebody of the demo. Their pages are rendered each time.
func person(base, id string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar}
	answer, err := c.PostForm(base+"/demo", url.Values{"person": {id}, "back": {"/account"}})
	if err != nil {
		return nil, err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign in as %s: %s", id, answer.Status)
	}
	return c, nil
}

// writes takes reports by POST on both engines, each with its durable commit.
func writes(t *table, bin, data string) error {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		dir := filepath.Join(data, "write-"+engine)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		flags := []string{"--data", dir, "--writes-per-minute", "0"}
		if engine == "PostgreSQL" {
			folder, err := os.MkdirTemp("", "ashar-bench-pg-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(folder)
			address, err := dbtest.StartPostgres(folder, true)
			if err != nil {
				return err
			}
			defer dbtest.StopPostgres(folder)
			flags = append(flags, "--database", address)
		}
		if out, err := exec.Command(bin, append([]string{"demo", "--scale", "100"}, flags[:len(flags):len(flags)]...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		if err := post(t, bin, engine, flags); err != nil {
			return err
		}
	}
	return nil
}

func post(t *table, bin, engine string, flags []string) error {
	s, err := serve(bin, flags...)
	if err != nil {
		return err
	}
	defer s.Stop()
	host := strings.TrimPrefix(s.URL, "http://")
	r, err := load(host, connections, 2*span, func(conn, n int) []byte {
		body := url.Values{
			"api_key": {"demo-key"}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "description": {fmt.Sprintf("Lamp %d of %d is dark", n, conn)},
			"lat": {fmt.Sprintf("%.5f", 42.85+float64(n%400)/10000)}, "long": {fmt.Sprintf("%.5f", 74.56+float64(conn)/1000)},
		}.Encode()
		return fmt.Appendf(nil, "POST /open311/v2/requests.json HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", host, len(body), body)
	})
	if err != nil {
		return err
	}
	t.line("new reports by POST, "+engine, fmt.Sprintf("%.0f a second, p99 %s, %d refused", r.perSec, r.p99.Round(time.Millisecond), r.failed), "≥ 300 a second", r.perSec >= 300 && r.failed == 0)
	return nil
}
