package crash

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashar-kg/ashar/test/harness"
)

// onSmallDisk runs a command line of ashar on a disk of so many megabytes,
// mounted in a namespace of its own over a folder.
func onSmallDisk(t *testing.T, dir string, megabytes int, line string) *exec.Cmd {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "unshare", "-rm", "true").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: this machine allows no namespaces, so no full disk can be made: %v %s", err, out)
	}
	script := fmt.Sprintf("mount -t tmpfs -o size=%dm none %s && %s", megabytes, dir, line)
	return exec.Command("unshare", "-rm", "sh", "-c", script)
}

func TestAFullDiskIsToldAndNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	port, err := harness.Port()
	if err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	flags := fmt.Sprintf("--data %s/city", dir)
	line := fmt.Sprintf("%s demo --scale 30 %s >/dev/null && exec %s serve --demo --log-level error --writes-per-minute 0 --listen 127.0.0.1:%d %s", bin, flags, bin, port, flags)
	s, err := harness.Start(onSmallDisk(t, dir, 60, line), base, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	inside := filepath.Join("/proc", fmt.Sprint(s.PID()), "root", dir)

	l := newLoad(base)
	for n := range 6 {
		l.write(t.Context(), 1, n)
	}
	filler := filepath.Join(inside, "filler")
	fill(t, filler)
	full := ""
	for n := range 400 { // the last room in the log of the database is used up first
		status, text := send(t, base, n)
		if status == http.StatusServiceUnavailable {
			full = text
			break
		}
		if status != http.StatusOK {
			t.Fatalf("on a full disk: %d %s", status, text)
		}
		l.requests[numberIn(text)] = fmt.Sprintf("lamp %d on the full disk", n)
	}
	if full == "" {
		t.Fatal("the disk was never full")
	}
	if answer, err := http.Get(base + "/readyz"); err != nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("on a full disk the server is ready: %v %v", answer, err)
	}
	page := fetch(t, http.DefaultClient, base+"/reports")
	if !strings.Contains(page, "</html>") {
		t.Errorf("on a full disk the list is %.200s", page)
	}
	// A person is told in words, and keeps what was typed by going back.
	answer, err := http.PostForm(base+"/reports/new?lang=en", map[string][]string{
		"step": {"details"}, "category": {"street-light"}, "lat": {"42.8746"}, "lon": {"74.6036"}, "text": {"Dark"}, "q_fault": {"out"}, "contact": {"full@crash.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	words, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(words), "We cannot save right now") || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a person is told %d %.300s", answer.StatusCode, words)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := range 60 {
		l.write(ctx, 2, n)
	}
	if ctx.Err() != nil {
		t.Fatal("with room again the server still takes nothing")
	}
	for n := range 60 {
		l.write(ctx, 3, n)
	}
	l.verify(t, base)
}

func TestAReadOnlyDiskIsToldAtTheStart(t *testing.T) {
	dir := t.TempDir()
	line := fmt.Sprintf("%s demo --scale 5 --data %s/city >/dev/null && mount -o remount,ro %s && exec %s serve --listen 127.0.0.1:0 --data %s/city", bin, dir, dir, bin, dir)
	out, err := onSmallDisk(t, dir, 60, line).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "read-only") && !strings.Contains(string(out), "readonly") {
		t.Errorf("on a read-only disk the server says %v\n%s", err, out)
	}
	if strings.Contains(string(out), "goroutine") {
		t.Errorf("and falls over:\n%s", out)
	}
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 1; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

// send makes one request with no key and no patience.
func send(t *testing.T, base string, n int) (int, string) {
	t.Helper()
	answer, err := http.PostForm(base+"/open311/v2/requests.json", map[string][]string{
		"api_key": {"demo-key"}, "service_code": {"street-light"}, "attribute[fault]": {"out"}, "lat": {"42.8746"}, "long": {"74.6036"},
		"description": {fmt.Sprintf("lamp %d on the full disk", n)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func numberIn(text string) string {
	_, rest, _ := strings.Cut(text, `"service_request_id":"`)
	number, _, _ := strings.Cut(rest, `"`)
	return number
}
