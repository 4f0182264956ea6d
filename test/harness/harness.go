// Package harness runs the real binary for the programs that measure it and
// for the tests that kill it.
package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build makes the binary in dir and returns its path.
func Build(dir string) (string, error) {
	bin := filepath.Join(dir, "ashar")
	build := exec.Command("go", "build", "-trimpath", "-o", bin, "github.com/ashar-kg/ashar/cmd/ashar")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
}

// Port returns a free port of the loopback.
func Port() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Process is a running server.
type Process struct {
	URL   string
	Ready time.Duration // from its start to its first answer
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended; err is set then
	err   error
}

// Serve starts "bin serve" on a port with more flags and waits for its first
// answer. What it says goes to log.
func Serve(bin string, port int, log io.Writer, flags ...string) (*Process, error) {
	address := "127.0.0.1:" + strconv.Itoa(port)
	cmd := exec.Command(bin, append([]string{"serve", "--listen", address}, flags...)...)
	return Start(cmd, "http://"+address, log)
}

// DemoCity builds the binary in dir, loads the demo city with so many reports
// there, and serves it.
func DemoCity(dir string, reports int, log io.Writer) (p *Process, bin string, err error) {
	if bin, err = Build(dir); err != nil {
		return nil, "", err
	}
	data := filepath.Join(dir, "data")
	if out, err := exec.Command(bin, "demo", "--data", data, "--scale", strconv.Itoa(reports)).CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("demo: %w\n%s", err, out)
	}
	port, err := Port()
	if err != nil {
		return nil, "", err
	}
	p, err = Serve(bin, port, log, "--demo", "--data", data, "--log-level", "error")
	return p, bin, err
}

// Start runs a command that serves at url and waits for its first answer.
func Start(cmd *exec.Cmd, url string, log io.Writer) (*Process, error) {
	cmd.Stdout, cmd.Stderr = log, log
	// A tester that is killed takes its servers with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{URL: url, cmd: cmd, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
		if err != nil {
			return nil, err
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
			p.Ready = time.Since(began)
			return p, nil
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("the server ended before it answered: %w", errors.Join(p.err, io.ErrUnexpectedEOF))
		case <-ctx.Done():
			p.Kill()
			return nil, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Kill ends the process as a power cut would, as far as a process can tell.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// Stop asks the process to end and waits until it has.
func (p *Process) Stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	return p.err
}

// Memory returns the resident memory of the process in bytes.
func (p *Process) Memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }
