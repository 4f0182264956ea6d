package pb_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ashar-kg/ashar/pb"
)

// file writes a small Pabulib file with given parts.
func file(meta, projects, votes string) string {
	return "META\nkey;value\nbudget;10\n" + meta + "PROJECTS\nproject_id;cost;name\n" + projects + "VOTES\nvoter_id;vote;points\n" + votes
}

func TestCellsAreQuotedAsPythonDoes(t *testing.T) {
	for _, x := range []struct{ row, id, name string }{
		{`p;1;plain`, "p", "plain"},
		{"  p ;1;\t in  the middle \u00a0", "p", "in  the middle"},
		{`p;1;"a;b"`, "p", "a;b"},
		{`p;1;"say ""yes"""`, "p", `say "yes"`},
		{`p;1;"Odkupmy" i my - zakup`, "p", "Odkupmy i my - zakup"},
		{`p;1;"a" "b"`, "p", `a "b"`},
		{`p;1;Odkupmy "i my" - zakup`, "p", `Odkupmy "i my" - zakup`},
		{`p;1; "a`, "p", `"a`},
		{`"p";"1";""`, "p", ""},
		{"p;1;\"two\nlines\"", "p", "twolines"},
		{"p;1;\"two\r\nlines\"\r", "p", "twolines"},
		{`p;1;None`, "p", ""},
		{`p;1;nOnE`, "p", ""},
		{`p;1`, "p", ""},
		{`p;1;a;left out`, "p", "a"},
		{"p;1;a\n\n   ", "p", "a"},
		{`Ж0064;1;Көчө жарыгы`, "Ж0064", "Көчө жарыгы"},
	} {
		r, err := pb.NewReader(strings.NewReader(file("vote_type;approval\n", x.row+"\n", "1;"+x.id+"\n")))
		if err != nil {
			t.Errorf("%q: %v", x.row, err)
			continue
		}
		if p := r.Header.Projects[0]; p.ID != x.id || p.Name != x.name || len(r.Header.Projects) != 1 {
			t.Errorf("%q: %q %q", x.row, p.ID, p.Name)
		}
	}
}

func TestTextLayer(t *testing.T) {
	unix := file("vote_type;approval\n", "p;1;a\n", "1;p;\n2;;\n")
	for name, text := range map[string]string{
		"byte order mark":        "\ufeff" + unix,
		"CRLF":                   strings.ReplaceAll(unix, "\n", "\r\n"),
		"no end of the last row": strings.TrimSuffix(unix, "\n"),
		"quoted section names":   strings.Replace(strings.Replace(unix, "META", `"MetA"`, 1), "VOTES", `"votes";;`, 1),
		"unclosed quote":         strings.TrimSuffix(unix, "\n") + `"`,
		"rows of nothing":        strings.ReplaceAll(unix, "\n", "\n\n   \n"),
	} {
		e, _, err := pb.ReadElection(strings.NewReader(text))
		if err != nil || e.Voters != 2 || e.Supporters(0) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := file("vote_type;approval\n", "p;1;"+strings.Repeat("long ", 40_000)+"\n", "1;p\n")
	if e, _, err := pb.ReadElection(strings.NewReader(long)); err != nil || len(e.Header.Projects[0].Name) != 199_999 {
		t.Errorf("a long row: %v", err)
	}
}

func TestFaultsNameTheLine(t *testing.T) {
	good := "p;1;a\nq;2;b\n"
	for _, x := range []struct{ text, want string }{
		{"", "line 1: the file must begin with a row META"},
		{"project_id;cost\n", "line 1: the file must begin with a row META"},
		{"META\n", "line 1: META has no row of column names"},
		{"META\nkey;value\nbudget;1\n", "line 3: the file ends before PROJECTS"},
		{"META\nkey;value\nbudget;1\nVOTES\n", "line 4: VOTES where PROJECTS was expected"},
		{file("vote_type;secret\n", good, ""), `line 5: vote_type is "secret"`},
		{file("vote_type;approval\nbudget;0\n", good, ""), `line 6: budget is "0"`},
		{file("vote_type;approval\nbudget;1e999\n", good, ""), `line 6: budget is "1e999"`},
		{file("vote_type;approval\n", "", ""), "line 7: PROJECTS is empty"},
		{file("vote_type;approval\n", "p;-1;a\n", ""), `line 7: the cost of project "p" is "-1"`},
		{file("vote_type;approval\n", "p;;a\n", ""), `line 7: the cost of project "p" is ""`},
		{file("vote_type;approval\n", ";1;a\n", ""), "line 7: the project has no id"},
		{file("vote_type;approval\n", good+"p;1;c\n", ""), `line 9: project "p" stands also on line 7`},
		{file("vote_type;approval\n", good, "1;p\n2;p,r\n"), `line 12: the vote names project "r"`},
		{file("vote_type;cumulative\n", good, "1;p,q;3\n"), "line 11: the vote has fewer points than projects"},
		{file("vote_type;cumulative\n", good, "1;p;x\n"), `line 11: points "x"`},
		{file("vote_type;cumulative\n", good, "1;p;1234567890123456789\n"), "more than 18 digits"},
		{file("vote_type;cumulative\n", good, "1;p;100000000000000000\n2;p;0.01\n3;p;0.001\n"), "points too large"},
		{file("vote_type;approval\n", good, "1;p\nMETA\n"), "line 12: META behind the votes"},
		{strings.Replace(file("vote_type;approval\n", good, ""), "vote;", "ballot;", 1), `VOTES has no column "vote"`},
		{strings.Replace(file("vote_type;scoring\n", good, ""), ";points", "", 1), `VOTES has no column "points"`},
		{strings.Replace(file("vote_type;approval\n", good, ""), "cost;", "price;", 1), `PROJECTS has no column "cost"`},
	} {
		_, _, err := pb.ReadElection(strings.NewReader(x.text))
		var fault *pb.LineError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("got %v, want %s\n%s", err, x.want, x.text)
		}
	}
	broken := io.MultiReader(strings.NewReader(file("vote_type;approval\n", good, "1;p\n")), brokenReader{})
	if _, _, err := pb.ReadElection(broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken stream gives %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestWarnings(t *testing.T) {
	text := file("vote_type;approval\nnum_votes;3\nnum_projects;1\nnum_projects;3\n", "p;1;a;b\nq;2;c\n", "1;p;;\n")
	text = strings.Replace(text, "project_id;cost;name", "project_id;cost;votes", 1)
	_, warnings, err := pb.ReadElection(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, w := range warnings {
		all.WriteString(w.String() + "\n")
	}
	for _, want := range []string{
		`line 7: the key "num_projects" stands there twice`, `META lacks "country"`,
		"line 10: 4 cells for 3 columns", "META says num_projects 3, there are 2",
		"line 14: 4 cells for 3 columns", "META says num_votes 3, there are 1",
		`the column "votes" differs from the ballots for 2 projects: project "p" on line 10 has a, the ballots give 1`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no warning %q among\n%s", want, all.String())
		}
	}
}

func TestBallots(t *testing.T) {
	for _, x := range []struct {
		votes pb.VoteType
		vote  string
		want  string // scores of p, q, r
	}{
		{pb.Approval, "p,q", "1 1 0"},
		{pb.Approval, " p , ,q,p,", "1 1 0"},
		{pb.Approval, "p;7", "1 0 0"},
		{pb.Approval, "None", "0 0 0"},
		{pb.ChooseOne, "r", "0 0 1"},
		{pb.Ordinal, "r,p,q", "2 1 3"},
		{pb.Ordinal, "r,p,r", "1 0 2"},
		{pb.Cumulative, "p,q;2,0", "2 0 0"},
		{pb.Cumulative, "p,q;2.5, 0.25", "2.5 0.25 0"},
		{pb.Cumulative, `p,q;2,5`, "2 5 0"},
		{pb.Cumulative, "p,q,p;1,2,3", "3 2 0"},
		{pb.Cumulative, "p;", "0 0 0"},
		{pb.Cumulative, "p", "0 0 0"},
		{pb.Cumulative, "p;1,2", "1 0 0"},
		{pb.Scoring, "p,q;-3,+4", "-3 4 0"},
	} {
		e, _, err := pb.ReadElection(strings.NewReader(file("vote_type;"+string(x.votes)+"\n", "p;1;a\nq;1;b\nr;1;c\n", "1;"+x.vote+"\n")))
		if err != nil {
			t.Errorf("%s %q: %v", x.votes, x.vote, err)
			continue
		}
		got := pb.FormatAmount(e.Score(0)) + " " + pb.FormatAmount(e.Score(1)) + " " + pb.FormatAmount(e.Score(2))
		if got != x.want || e.Voters != 1 {
			t.Errorf("%s %q: %s of %d voters, want %s", x.votes, x.vote, got, e.Voters, x.want)
		}
	}
}

// Points that come with more decimal places than those before them must meet
// the ballots already merged.
func TestBallotsMerge(t *testing.T) {
	e, _, err := pb.ReadElection(strings.NewReader(file("vote_type;cumulative\n", "p;1;a\nq;1;b\n", "1;p,q;1,2\n2;q,p;2.0,1.00\n3;p;0.125\n4;p,q;1,2\n5;;\n6;p;0\n")))
	if err != nil {
		t.Fatal(err)
	}
	if e.Voters != 6 || e.Ballots() != 2 || pb.FormatAmount(e.Score(0)) != "3.125" || e.Supporters(0) != 4 {
		t.Errorf("%d voters, %d ballots, score %s", e.Voters, e.Ballots(), pb.FormatAmount(e.Score(0)))
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]string{
		"1234.50": "1234.5", "1234,50": "1234.5", "400000.0": "400000", "1e6": "1000000", "0.1": "0.1", "-7": "-7",
		"123456789012345678901234567890.12": "123456789012345678901234567890.12",
	} {
		r, err := pb.ParseAmount(text)
		if err != nil || pb.FormatAmount(r) != want {
			t.Errorf("%s: %v %v", text, r, err)
		}
	}
	for _, text := range []string{"", "a", "1 000", "1.000.000", "1/3", "0x10", "1e31", "Inf", "1_000", strings.Repeat("1", 101)} {
		if r, err := pb.ParseAmount(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
	if got := pb.FormatAmount(big.NewRat(1000, 3)); got != "1000/3" {
		t.Error(got)
	}
}

// copied reads a file, writes it and reads it again.
func copied(t testing.TB, in io.Reader) (before, after content) {
	t.Helper()
	var out bytes.Buffer
	before = read(t, in, &out)
	return before, read(t, &out, io.Discard)
}

// content is all that a file holds.
type content struct {
	header *pb.Header
	votes  []string
}

func read(t testing.TB, in io.Reader, out io.Writer) content {
	t.Helper()
	r, err := pb.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	c := content{header: r.Header}
	w, err := pb.NewWriter(out, r.Header)
	if err != nil {
		t.Fatal(err)
	}
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(v.Cells))
		for i, cell := range v.Cells {
			cells[i] = string(cell)
		}
		c.votes = append(c.votes, strings.Join(cells, "\x00"))
		if err := w.Vote(cells...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range c.header.Projects {
		c.header.Projects[i].Line = 0 // quoted line ends do not come back
	}
	return c
}

func TestWrittenFilesReadBackEqual(t *testing.T) {
	for _, dir := range []string{"testdata", shared(t)} {
		if dir == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.pb*"))
		if err != nil || len(files) < 9 {
			t.Fatalf("%d files: %v", len(files), err)
		}
		for _, file := range files {
			before, after := copied(t, open(t, file))
			if !slices.Equal(before.votes, after.votes) || !reflect.DeepEqual(before.header, after.header) {
				t.Errorf("%s comes back different", filepath.Base(file))
			}
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	h := &pb.Header{Meta: []pb.Field{{Key: "a", Value: "b"}}, ProjectColumns: []string{"project_id", "cost"}, VoteColumns: []string{"voter_id", "vote"}}
	w, err := pb.NewWriter(io.Discard, h)
	if err != nil {
		t.Fatal(err)
	}
	if w.Vote("1") == nil || w.Vote("1", "a\nb") == nil {
		t.Error("a row that cannot come back is written")
	}
	h.VoteColumns = []string{"vote"}
	if w, err = pb.NewWriter(io.Discard, h); err != nil || w.Vote("") == nil {
		t.Error("an empty row is written")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(file("vote_type;approval\n", "p;1;\"a;\"\"b\"\nq;2;None\n", "1;p,q\n2;\n")))
	f.Add([]byte(strings.ReplaceAll(file("vote_type;cumulative\nnum_votes;2\n", "p;1.5;a\nq;2,25;b\n", "1;p,q;1.5,2\n2;p;0.125\n"), "\n", "\r\n")))
	f.Add([]byte(file("vote_type;ordinal\n", "p;0;a\nq;999999999;\"unclosed\n", "1;p,q\n")))
	f.Add([]byte(file("vote_type;scoring\n", "p;1e3;a\n", "1;p,p;-1,+2\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, _, err := pb.ReadElection(bytes.NewReader(b))
		if err != nil {
			return
		}
		if slices.Equal(e.Header.VoteColumns, []string{"vote"}) {
			return // an empty ballot cannot be told from an empty row
		}
		before, after := copied(t, bytes.NewReader(b))
		if !slices.Equal(before.votes, after.votes) || !reflect.DeepEqual(before.header, after.header) {
			t.Fatalf("comes back different: %q", b)
		}
		for _, rule := range []string{"greedy_score", "greedy_density"} {
			if o := count(t, e, rule); o.Cost.Cmp(o.Budget.Rat) > 0 {
				t.Fatalf("%s spends %v of %v", rule, o.Cost, o.Budget)
			}
		}
		if o := equalShares(t, e, pb.EqualSharesOptions{Utility: pb.CostUtility, Greedy: true}); o.Cost.Cmp(o.Budget.Rat) > 0 {
			t.Fatalf("equal shares spend %v of %v", o.Cost, o.Budget)
		}
	})
}
