package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// result is what a load has met.
type result struct {
	answers int
	perSec  float64
	p50     time.Duration
	p99     time.Duration
	failed  int // answers that were not 2xx
}

// load sends requests over so many connections kept open, each waiting for
// its answer before it sends the next, for a time. next gives the bytes of a
// request; it is called by one goroutine per connection.
func load(address string, connections int, span time.Duration, next func(conn, n int) []byte) (result, error) {
	took := make([][]time.Duration, connections)
	failed := make([]int, connections)
	errs := make([]error, connections)
	var all sync.WaitGroup
	began := time.Now()
	for i := range connections {
		all.Go(func() { took[i], failed[i], errs[i] = one(address, i, began.Add(span), next) })
	}
	all.Wait()
	elapsed := time.Since(began)
	var every []time.Duration
	out := result{}
	for i := range connections {
		every = append(every, took[i]...)
		out.failed += failed[i]
	}
	if err := errors.Join(errs...); err != nil {
		return out, err
	}
	slices.Sort(every)
	out.answers = len(every)
	out.perSec = float64(len(every)) / elapsed.Seconds()
	out.p50, out.p99 = every[len(every)/2], every[len(every)*99/100]
	return out, nil
}

func one(address string, i int, until time.Time, next func(conn, n int) []byte) (took []time.Duration, failed int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	for n := 0; time.Now().Before(until); n++ {
		request := next(i, n)
		began := time.Now()
		if _, err := conn.Write(request); err != nil {
			return took, failed, err
		}
		status, err := answer(in)
		if err != nil {
			return took, failed, err
		}
		took = append(took, time.Since(began))
		if status < 200 || status > 299 {
			failed++
		}
	}
	return took, failed, nil
}

// answer reads one answer and throws its body away. It costs the client as
// little as may be: client and server share the processor.
func answer(in *bufio.Reader) (status int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		return status, throwChunks(in)
	}
	_, err = in.Discard(length)
	return status, err
}

func throwChunks(in *bufio.Reader) error {
	for {
		line, err := textproto.NewReader(in).ReadLine()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, in, n+2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// get is the request of an anonymous reader.
func get(host, path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Language: ky\r\nAccept-Encoding: gzip\r\n\r\n", path, host)
}
