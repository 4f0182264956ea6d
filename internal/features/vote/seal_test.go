package vote

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bookOf is a rule book with a pot of the whole city and one in each district.
func bookOf(city, north, south int) *Book {
	b := &Book{Pots: []BookPot{{Code: "city", Amount: 1}, {Code: "north", District: "n", Amount: 1}, {Code: "south", District: "s", Amount: 1, MaxPicks: 2}}}
	for pot, n := range map[string]int{"city": city, "north": north, "south": south} {
		for i := range n {
			b.Projects = append(b.Projects, BookProject{Code: fmt.Sprintf("%c%02d", pot[0]-32, i+1), Pot: pot})
		}
	}
	return b
}

func TestAnEnvelopeOpensToWhatWasPutIn(t *testing.T) {
	b := bookOf(7, 5, 4)
	s := newSheet(12, b)
	code := NewOpeningCode()
	key, err := keyOf(strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if err != nil {
		t.Fatal(err)
	}
	public, err := PublicKeyOf(code)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	rapid.Check(t, func(t *rapid.T) {
		in := Cast{Receipt: receiptOf(rapid.String().Draw(t, "secret")), Choices: map[string][]Choice{}}
		for _, pot := range []string{"city", "south"} {
			var codes []string
			for _, p := range b.Projects {
				if p.Pot == pot {
					codes = append(codes, p.Code)
				}
			}
			codes = rapid.Permutation(codes).Draw(t, pot)
			n := min(rapid.IntRange(0, len(codes)).Draw(t, "picks"), map[string]int{"city": 7, "south": 2}[pot])
			for _, c := range codes[:n] {
				in.Choices[pot] = append(in.Choices[pot], Choice{c, rapid.IntRange(0, 1000).Draw(t, "points")})
			}
		}
		envelope, err := s.seal(public, in)
		if err != nil {
			t.Fatal(err)
		}
		if size == 0 {
			size = len(envelope)
		}
		if len(envelope) != size {
			t.Fatalf("envelopes of %d and %d bytes: the size tells what is inside", len(envelope), size)
		}
		out, err := s.open(key, envelope)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("put in %v, took out %v", in, out)
		}
		if _, err := newSheet(13, b).open(key, envelope); err == nil {
			t.Fatal("an envelope of another campaign opened")
		}
	})
}

func TestAMistypedOpeningCodeIsSeen(t *testing.T) {
	code := DemoCode // always the same: two bytes of check may agree by chance
	for i := range code {
		if code[i] == '-' {
			continue
		}
		other := byte('A')
		if code[i] == other {
			other = 'B'
		}
		if _, err := keyOf(code[:i] + string(other) + code[i+1:]); err == nil {
			t.Errorf("a slip at place %d of the code was not seen", i)
		}
	}
	for _, text := range []string{"", "ABCD", code + "A", code[1:]} {
		if _, err := keyOf(text); err == nil {
			t.Errorf("%q was taken for an opening code", text)
		}
	}
}

func TestSmallGroupsOfVotersAreHidden(t *testing.T) {
	of := func(t Turnout) string { return t.District }
	for name, c := range map[string]struct{ in, want map[string]int64 }{
		"none small":       {map[string]int64{"a": 9, "b": 7}, map[string]int64{"a": 9, "b": 7}},
		"one small":        {map[string]int64{"a": 90, "b": 7, "c": 2}, map[string]int64{"a": 90, "b": -1, "c": -1}},
		"two small":        {map[string]int64{"a": 90, "b": 3, "c": 2}, map[string]int64{"a": 90, "b": -1, "c": -1}},
		"two single ones":  {map[string]int64{"a": 90, "b": 1, "c": 1}, map[string]int64{"a": -1, "b": -1, "c": -1}},
		"until not few":    {map[string]int64{"a": 90, "b": 7, "c": 1, "d": 1}, map[string]int64{"a": 90, "b": -1, "c": -1, "d": -1}},
		"the only one":     {map[string]int64{"a": 3}, map[string]int64{"a": -1}},
		"exactly the rest": {map[string]int64{"a": 5, "b": 4}, map[string]int64{"a": -1, "b": -1}},
	} {
		var list []Turnout
		for d, n := range c.in {
			list = append(list, Turnout{District: d, Voters: n})
		}
		if _, got := cells(list, of); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
