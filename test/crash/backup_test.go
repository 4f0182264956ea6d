package crash

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestABackupTakenWhileTheCityWritesIsWhole(t *testing.T) {
	engines(t, func(t *testing.T, flags []string) {
		p := settle(t, flags...)
		s := p.serve(t)
		l := newLoad(p.base())
		ctx, stop := context.WithCancel(t.Context())
		written := make(chan struct{})
		go func() {
			l.run(ctx, t.Context(), 6)
			close(written)
		}()
		time.Sleep(2 * time.Second)
		l.mu.Lock()
		then := newLoad()
		maps.Copy(then.requests, l.requests)
		maps.Copy(then.updates, l.updates)
		maps.Copy(then.contacts, l.contacts)
		l.mu.Unlock()
		file := filepath.Join(t.TempDir(), "city.backup")
		if out, err := exec.CommandContext(t.Context(), bin, append([]string{"backup"}, append(flags, file)...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		stop()
		<-written
		s.Kill()

		// What was acknowledged before the backup began is in it, on the other engine too.
		for name, into := range map[string][]string{
			"sqlite":   {"--data", t.TempDir()},
			"postgres": {"--data", t.TempDir(), "--database", postgres(t)},
		} {
			if out, err := exec.CommandContext(t.Context(), bin, append([]string{"restore"}, append(into, file)...)...).CombinedOutput(); err != nil {
				t.Fatalf("restore into %s: %v\n%s", name, err, out)
			}
			q := &place{p.port, append(into, "--demo", "--log-level", "error")}
			restored := q.serve(t)
			then.verify(t, q.base())
			restored.Kill()
		}
	})
}
