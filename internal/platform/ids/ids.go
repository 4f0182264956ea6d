// Package ids makes the identifiers of every row: time-ordered 63-bit integers,
// 41 bits of milliseconds since 2020 and 22 random bits. They need no database
// round trip and sort by age. A process does not draw one twice; when two
// processes draw the same in one millisecond, the primary key of the table
// catches it and db.Update runs again, with another.
package ids

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"sync"
	"time"
)

// epoch is 2020-01-01T00:00:00Z in Unix milliseconds.
const epoch = 1577836800000

const randomBits = 22

// New returns a fresh identifier for this instant.
func New() int64 { return At(time.Now()) }

// At returns a fresh identifier whose time part is t; imports and the demo city
// use it so that the order of ids is the order of events.
func At(t time.Time) int64 {
	ms := t.UnixMilli() - epoch
	if ms < 0 {
		ms = 0
	}
	drawn.Lock()
	defer drawn.Unlock()
	for {
		id := ms<<randomBits | random()
		if _, twice := drawn.set[id]; twice {
			continue
		}
		delete(drawn.set, drawn.last[drawn.at])
		drawn.last[drawn.at], drawn.set[id] = id, struct{}{}
		drawn.at = (drawn.at + 1) % remembered
		return id
	}
}

// remembered is how many identifiers are known not to be drawn again. A change of
// a case alone writes some forty rows in a millisecond or two: without it, one in
// some thousands would meet its own.
const remembered = 1 << 14

var drawn = struct {
	sync.Mutex
	set  map[int64]struct{}
	last [remembered]int64 // in the order they were drawn, the oldest at at
	at   int
}{set: make(map[int64]struct{}, remembered)}

// Time returns the instant an identifier was made for, exact to the millisecond.
func Time(id int64) time.Time { return time.UnixMilli(id>>randomBits + epoch) }

// Floor returns the smallest identifier that At could make for t: a keyset bound.
func Floor(t time.Time) int64 {
	ms := t.UnixMilli() - epoch
	if ms < 0 {
		ms = 0
	}
	return ms << randomBits
}

// Parse reads an identifier from a URL or a form.
func Parse(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0
}

// pool of random bytes: one read of the kernel's generator serves 256 ids.
var pool struct {
	buf [1024]byte
	at  int
}

// random is called with drawn locked.
func random() int64 {
	if pool.at == 0 || pool.at+4 > len(pool.buf) {
		rand.Read(pool.buf[:]) // never fails since Go 1.24
		pool.at = 0
	}
	n := binary.BigEndian.Uint32(pool.buf[pool.at:])
	pool.at += 4
	return int64(n & (1<<randomBits - 1))
}

// Secret returns an unguessable text of n random bytes for links, sessions and
// receipts: lower-case base32 without padding, safe in a URL.
func Secret(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return secretCode.EncodeToString(b)
}

var secretCode = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// Digits returns a random code of n decimal digits to be typed by a person.
func Digits(n int) string {
	out := make([]byte, n)
	b := make([]byte, 1)
	for i := 0; i < n; {
		rand.Read(b)
		if b[0] < 250 { // 250 is a multiple of 10: no digit is likelier than another
			out[i] = '0' + b[0]%10
			i++
		}
	}
	return string(out)
}
