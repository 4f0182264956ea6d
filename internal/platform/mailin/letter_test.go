package mailin_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ashar-kg/ashar/internal/platform/mailin"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// in writes text in a charset.
func in(t testing.TB, charset encoding.Encoding, text string) string {
	t.Helper()
	s, err := charset.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// word writes an encoded word.
func word(charset, octets string) string {
	return "=?" + charset + "?B?" + base64.StdEncoding.EncodeToString([]byte(octets)) + "?="
}

// crlf ends lines as they end on the way.
func crlf(letter string) []byte { return []byte(strings.ReplaceAll(letter, "\n", "\r\n")) }

func parse(letter string) mailin.Letter { return mailin.Parse(crlf(letter), mailin.Limits{}) }

func TestHeadersAreRead(t *testing.T) {
	cp1251, koi8 := charmap.Windows1251, charmap.KOI8R
	l := parse("From: " + word("windows-1251", in(t, cp1251, "Айгуль Асанова")) + " <aigul@mail.example>\n" +
		"Reply-To: " + word("koi8-r", in(t, koi8, "Айгуль дома")) + " <home@mail.example>\n" +
		"To: =?utf-8?Q?=D0=90=D1=88=D0=B0=D1=80?= <ashar@city.example>, second@city.example\n" +
		"Subject: " + word("utf-8", "Өтүнүч") + "\n " + word("utf-8", " №12") + "\n" +
		"Date: Mon, 23 Nov 2026 10:00:00 +0600\n" +
		"Message-ID: <a.1@mail.example>\nIn-Reply-To: <r12.3@city.example>\nReferences: <r12.1@city.example>\n <r12.3@city.example>\n\nx")
	want := mailin.Letter{
		Key: "a.1@mail.example", MessageID: "a.1@mail.example", InReplyTo: []string{"r12.3@city.example"},
		References: []string{"r12.1@city.example", "r12.3@city.example"},
		From:       mailin.Address{Name: "Айгуль Асанова", Address: "aigul@mail.example"},
		ReplyTo:    mailin.Address{Name: "Айгуль дома", Address: "home@mail.example"},
		To:         []mailin.Address{{Name: "Ашар", Address: "ashar@city.example"}, {Address: "second@city.example"}},
		Subject:    "Өтүнүч №12", Date: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC), Text: "x", Raw: l.Raw,
	}
	if diff := cmp.Diff(want, l, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestWildHeadersAreReadAsFarAsTheyGo(t *testing.T) {
	raw1251 := in(t, charmap.Windows1251, "Яма на дороге")
	cases := []struct{ name, header, subject, from, id string }{
		{"windows-1251 without a word", "Subject: " + raw1251, "Яма на дороге", "", ""},
		{"UTF-8 without a word", "Subject: Чуңкур", "Чуңкур", "", ""},
		{"an unknown charset", "Subject: =?x-nowhere?B?eA==?=", "=?x-nowhere?B?eA==?=", "", ""},
		{"a break in the subject", "Subject: " + word("utf-8", "a\r\nBcc: b"), "a  Bcc: b", "", ""},
		{"a name in windows-1251", "From: " + in(t, charmap.Windows1251, "Яна") + " <yana@mail.example>", "", "yana@mail.example", ""},
		{"an address against the rules", "From: Yana. B [city] yana@mail.example", "", "yana@mail.example", ""},
		{"no address", "From: nobody", "", "", ""},
		{"an identifier without brackets", "Message-ID: abc@def", "", "", "abc@def"},
		{"an identifier without a place", "Message-ID: <abc>", "", "", "abc"},
		{"an identifier of words", "Message-ID: a b c", "", "", ""},
	}
	for _, c := range cases {
		l := parse(c.header + "\n\nx")
		if l.Subject != c.subject || l.From.Address != c.from || l.MessageID != c.id || l.Text != "x" {
			t.Errorf("%s: got %q, %q, %q, %q", c.name, l.Subject, l.From.Address, l.MessageID, l.Text)
		}
	}
}

func TestKeysAreStable(t *testing.T) {
	with, without := "Message-ID: <a@b>\n\nx", "Subject: y\n\nx"
	if k := parse(with).Key; k != "a@b" || k != parse("Received: later\n"+with).Key {
		t.Errorf("the key is %q", k)
	}
	k := parse(without).Key
	if !strings.HasPrefix(k, "sha256:") || k != parse(without).Key || k == parse(without+"z").Key {
		t.Errorf("the key is %q", k)
	}
	if k := mailin.Parse(nil, mailin.Limits{}).Key; !strings.HasPrefix(k, "sha256:") {
		t.Errorf("the key of nothing is %q", k)
	}
}

// multi puts parts, each with its own header, into one letter.
func multi(kind string, parts ...string) string {
	const boundary = "b0undary"
	letter := "Content-Type: multipart/" + kind + "; boundary=\"" + boundary + kind[:3] + "\"\n\n"
	for _, part := range parts {
		letter += "--" + boundary + kind[:3] + "\n" + part + "\n"
	}
	return letter + "--" + boundary + kind[:3] + "--\n"
}

func TestTextsAreRead(t *testing.T) {
	const text = "Добрый день, яма у дома №12"
	b64 := base64.StdEncoding.EncodeToString
	cases := []struct{ name, letter, want string }{
		{"plain", "\n" + text, text},
		{"windows-1251", "Content-Type: text/plain; charset=windows-1251\n\n" + in(t, charmap.Windows1251, text), text},
		{"windows-1251 under another name", "Content-Type: text/plain; charset=\"CP1251\"\n\n" + in(t, charmap.Windows1251, text), text},
		{"koi8-r in base64", "Content-Type: text/plain; charset=KOI8-R\nContent-Transfer-Encoding: base64\n\n" + b64([]byte(in(t, charmap.KOI8R, "Добрый день"))), "Добрый день"},
		{"quoted-printable", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=D2=AF=D3=A9=\n=D2=A3", "үөң"},
		{"a charset that lies", "Content-Type: text/plain; charset=us-ascii\n\n" + in(t, charmap.Windows1251, text), text},
		{"an unknown charset", "Content-Type: text/plain; charset=x-nowhere\n\n" + text, text},
		{"an unknown encoding", "Content-Transfer-Encoding: x-nowhere\n\n" + text, text},
		{"no header at all", "\n" + text, text},
		{"plain before HTML", multi("alternative", "Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\n<p>html</p>"), "plain"},
		{"HTML before plain", multi("alternative", "Content-Type: text/html\n\n<p>html</p>", "Content-Type: text/plain\n\nplain"), "plain"},
		{"HTML, the plain part is blank", multi("alternative", "Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<p>html</p>"), "html"},
		{"HTML alone", "Content-Type: text/html; charset=windows-1251\n\n<p>" + in(t, charmap.Windows1251, text) + "</p>", text},
		{"texts around a picture", multi("mixed", "Content-Type: text/plain\n\nbefore", "Content-Type: image/png\n\nx", "Content-Type: text/plain\n\nafter"), "before\n\nafter"},
		{"a text in a text", multi("mixed", multi("alternative", "Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\nhtml")), "plain"},
		{"control characters", "\na\x00b\x1b[31mc\td", "ab[31mc\td"},
	}
	for _, c := range cases {
		if l := parse(c.letter); l.Text != c.want || l.Damaged {
			t.Errorf("%s: got %q, damaged %v", c.name, l.Text, l.Damaged)
		}
	}
}

func TestAttachmentsAreKeptUpToALimit(t *testing.T) {
	photo := bytes.Repeat([]byte{0xff, 0xd8, 1, 2}, 100)
	encoded := "\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(photo)
	letter := multi("mixed",
		"Content-Type: text/plain\n\nЖол",
		"Content-Type: image/jpeg; name=\"a.jpg\"\nContent-Disposition: attachment; filename=\"IMG 1.jpg\""+encoded,
		"Content-Type: image/jpeg\nContent-Disposition: attachment; filename*=utf-8''%D0%AF%D0%BC%D0%B0.jpg"+encoded,
		"Content-Type: image/jpeg; name=\""+word("windows-1251", in(t, charmap.Windows1251, "Яма.jpg"))+"\"\nContent-Disposition: inline"+encoded,
		"Content-Type: text/plain\nContent-Disposition: attachment; filename=\"../../etc/passwd\"\n\nroot",
		"Content-Type: text/html\nContent-Disposition: attachment; filename=\"C:\\Users\\a.html\"\n\n<b>",
		"Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"a\u202efdp.exe\"\n\nx",
		"Content-Type: message/rfc822\n\nSubject: inner\n\ninner text",
		"Content-Type: ; broken\n\nx",
	)
	got := mailin.Parse(crlf(letter), mailin.Limits{})
	want := []mailin.Attachment{
		{Name: "IMG 1.jpg", Type: "image/jpeg", Size: 400, Data: photo},
		{Name: "Яма.jpg", Type: "image/jpeg", Size: 400, Data: photo},
		{Name: "Яма.jpg", Type: "image/jpeg", Inline: true, Size: 400, Data: photo},
		{Name: "passwd", Type: "text/plain", Size: 4, Data: []byte("root")},
		{Name: "a.html", Type: "text/html", Size: 3, Data: []byte("<b>")},
		{Name: "afdp.exe", Type: "application/pdf", Size: 1, Data: []byte("x")},
		{Type: "message/rfc822", Size: 28, Data: crlf("Subject: inner\n\ninner text")},
		{Type: "application/octet-stream", Size: 1, Data: []byte("x")},
	}
	if diff := cmp.Diff(want, got.Attachments); diff != "" || got.Text != "Жол" || got.Damaged {
		t.Errorf("text %q, damaged %v\n%s", got.Text, got.Damaged, diff)
	}
	got = mailin.Parse(crlf(letter), mailin.Limits{Attachment: 399, Attachments: 4})
	if len(got.Attachments) != 4 || !got.Attachments[0].TooLarge || got.Attachments[0].Data != nil || got.Attachments[3].TooLarge {
		t.Errorf("got %+v", got.Attachments)
	}
	long := parse(multi("mixed", "Content-Disposition: attachment; filename=\""+strings.Repeat("ү", 300)+".jpeg\"\n\nx")).Attachments[0].Name
	if utf8.RuneCountInString(long) != 150 || !strings.HasSuffix(long, ".jpeg") {
		t.Errorf("the name is %q", long)
	}
}

func TestBrokenLettersGiveWhatTheyHave(t *testing.T) {
	whole := multi("mixed", "Content-Type: text/plain\n\nЖол", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8=")
	nested := "\n\ndeep"
	for i := range 30 {
		b := fmt.Sprintf("b%d", i)
		nested = "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n" + nested + "\n--" + b + "--\n"
	}
	cases := []struct {
		name, letter, text string
		damaged            bool
	}{
		{"whole", whole, "Жол", false},
		{"cut in the second part", whole[:strings.Index(whole, "aGVs")], "Жол", true},
		{"no boundary", "Content-Type: multipart/mixed\n\nЖол", "", true},
		{"base64 that is none", multi("mixed", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n****", "\nЖол"), "Жол", true},
		{"a thousand parts", multi("mixed", append([]string{"\nЖол"}, slices.Repeat([]string{"\n"}, 1000)...)...), "Жол", true},
		{"too deep", nested, "", true},
		{"no letter", "\x00\x01\x02", "", true},
	}
	for _, c := range cases {
		if l := parse(c.letter); l.Damaged != c.damaged || l.Text != c.text || len(l.Raw) == 0 {
			t.Errorf("%s: got %q, damaged %v", c.name, l.Text, l.Damaged)
		}
	}
	l := mailin.Parse([]byte("\n"+strings.Repeat("ү", 100)), mailin.Limits{Text: 11})
	if !l.TooLarge || l.Text != "үүүүү" {
		t.Errorf("got %q", l.Text)
	}
}

func TestKindsAreTold(t *testing.T) {
	cases := []struct {
		name, header string
		want         mailin.Kind
	}{
		{"a person", "From: a@b.example", mailin.Personal},
		{"a person, it says", "Auto-Submitted: no", mailin.Personal},
		{"an absence note", "Auto-Submitted: auto-replied (vacation)", mailin.Automatic},
		{"a machine", "Auto-Submitted: auto-generated; owner-email=\"a@b\"", mailin.Automatic},
		{"an old absence note", "X-Autoreply: yes", mailin.Automatic},
		{"another", "X-Autorespond: away", mailin.Automatic},
		{"a third", "Precedence: auto_reply", mailin.Automatic},
		{"one that is bulk besides", "Precedence: bulk\nAuto-Submitted: auto-replied", mailin.Automatic},
		{"a list", "Precedence: list", mailin.Bulk},
		{"a list by its name", "List-Id: <news.b.example>", mailin.Bulk},
		{"an advertisement", "Precedence: Bulk", mailin.Bulk},
		{"nobody to answer to", "Return-Path: <>", mailin.Automatic},
		{"a read receipt", "Content-Type: multipart/report; report-type=disposition-notification; boundary=x", mailin.Automatic},
		{"a mail server", "From: MAILER-DAEMON@b.example", mailin.Bounced},
		{"a postmaster", "From: postmaster@b.example\nReturn-Path: <>", mailin.Bounced},
		{"a postmaster who writes himself", "From: postmaster@b.example", mailin.Personal},
	}
	for _, c := range cases {
		if l := parse(c.header + "\n\nx"); l.Kind != c.want {
			t.Errorf("%s is %q", c.name, l.Kind)
		}
	}
}

func TestBouncesTellWhichLetterFailed(t *testing.T) {
	report := func(groups, last string) string {
		return "From: MAILER-DAEMON@mx.example\n" + strings.Replace(multi("report",
			"Content-Type: text/plain\n\nYour message could not be delivered.",
			"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nArrival-Date: Mon, 23 Nov 2026 10:00:00 +0600\n\n"+groups,
			last), "multipart/report;", "multipart/report; report-type=delivery-status;", 1)
	}
	headers := "Content-Type: text/rfc822-headers\n\nSubject: Өтүнүч\nMessage-ID: <r12.3@city.example>"
	whole := "Content-Type: message/rfc822\n\nSubject: x\nMessage-ID: <r12.3@city.example>\n\nbody"
	cases := []struct {
		name, letter string
		want         mailin.Bounce
	}{
		{
			"no such address", report("Final-Recipient: rfc822; aigul@mail.example\nAction: failed\nStatus: 5.1.1 (no such user)\nDiagnostic-Code: smtp; 550 5.1.1 unknown", headers),
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{{Address: "aigul@mail.example", Action: "failed", Status: "5.1.1", Permanent: true}}},
		},
		{
			"given up for now", report("Final-Recipient: RFC822;<aigul@mail.example>\nAction: Failed\nStatus: 4.4.7", whole),
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{{Address: "aigul@mail.example", Action: "failed", Status: "4.4.7"}}},
		},
		{
			"still trying", report("Final-Recipient: rfc822; aigul@mail.example\nAction: delayed\nStatus: 4.2.0", whole),
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{{Address: "aigul@mail.example", Action: "delayed", Status: "4.2.0"}}},
		},
		{
			"on its way to where no answer comes from", report("Final-Recipient: rfc822; a@mail.example\nAction: relayed\nStatus: 5.0.0", whole),
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{{Address: "a@mail.example", Action: "relayed", Status: "5.0.0"}}},
		},
		{
			"two, one of them forwarded", report("Final-Recipient: rfc822; a@mail.example\nAction: delivered\nStatus: 2.0.0\n\nOriginal-Recipient: rfc822; b@mail.example\nFinal-Recipient: rfc822; other@far.example\nAction: failed\nStatus: 5.2.2\n", headers),
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{
				{Address: "a@mail.example", Action: "delivered", Status: "2.0.0"}, {Address: "b@mail.example", Action: "failed", Status: "5.2.2", Permanent: true},
			}},
		},
		{
			"one that tells little", report("Final-Recipient: rfc822; a@mail.example\nAction: failed\nStatus: nonsense", "Content-Type: text/rfc822-headers\n\nSubject: x"),
			mailin.Bounce{Recipients: []mailin.Recipient{{Address: "a@mail.example", Action: "failed"}}},
		},
		{
			"Exim", "From: Mail Delivery System <Mailer-Daemon@mx.example>\nX-Failed-Recipients: a@mail.example, b@mail.example\n\nA message could not be delivered.\n\nMessage-ID: <r12.3@city.example>\n",
			mailin.Bounce{Original: "r12.3@city.example", Recipients: []mailin.Recipient{
				{Address: "a@mail.example", Action: "failed", Permanent: true}, {Address: "b@mail.example", Action: "failed", Permanent: true},
			}},
		},
	}
	for _, c := range cases {
		l := parse(c.letter)
		if l.Kind != mailin.Bounced || l.Bounce == nil || l.Damaged {
			t.Errorf("%s: got %+v", c.name, l)
			continue
		}
		if diff := cmp.Diff(c.want, *l.Bounce); diff != "" || len(l.Attachments) != 0 || !strings.Contains(l.Text, "could not be delivered") {
			t.Errorf("%s, text %q:\n%s", c.name, l.Text, diff)
		}
	}
}

func TestHTMLIsReducedToText(t *testing.T) {
	cases := []struct{ name, html, want string }{
		{"words", "a  b\n c", "a b c"},
		{"paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"},
		{"lines", "<div>one</div><div>two<br>three</div>", "one\ntwo\nthree"},
		{"an empty line", "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"},
		{"a list", "<ul><li>one<li>two</ul>", "- one\n- two"},
		{"a table", "<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"},
		{"a quotation", "new<blockquote>old<blockquote>older</blockquote></blockquote>after", "new\n> old\n> > older\nafter"},
		{"letters by name", "&lt;b&gt; &amp; &laquo;&#1199;&raquo;", "<b> & «ү»"},
		{"what nobody sees", "<head><title>t</title><style>p{}</style></head><body>a<script>b</script>c<!-- d --></body>", "ac"},
		{"a head without an end", "<head><meta x><body>a", "a"},
		{"a style without an end", "a<style>p{}", "a"},
		{"marks and links", "<b>a</b><a href=\"https://x.example\">b</a>", "ab"},
		{"ends without beginnings", "</blockquote></div></p>a", "a"},
	}
	for _, c := range cases {
		if l := parse("Content-Type: text/html; charset=utf-8\n\n" + c.html); l.Text != c.want {
			t.Errorf("%s: got %q, want %q", c.name, l.Text, c.want)
		}
	}
}

func TestRepliesAreFound(t *testing.T) {
	quote := "> Өтүнүч кабыл алынды\n> \n> Ашар"
	cases := []struct{ name, text, reply, rest string }{
		{"nothing quoted", "Рахмат!\n\nАйгүл", "Рахмат!\n\nАйгүл", ""},
		{"Gmail in English", "Рахмат!\n\nOn Mon, Nov 23, 2026 at 10:00 AM Ashar <a@city.example> wrote:\n\n" + quote, "Рахмат!", "On Mon, Nov 23, 2026 at 10:00 AM Ashar <a@city.example> wrote:\n\n" + quote},
		{"Gmail in two lines", "Рахмат!\n\nOn Mon, Nov 23, 2026 at 10:00 AM Ashar\n<a@city.example> wrote:\n\n" + quote, "Рахмат!", "On Mon, Nov 23, 2026 at 10:00 AM Ashar\n<a@city.example> wrote:\n\n" + quote},
		{"Gmail in Russian", "Спасибо\n\nпн, 23 нояб. 2026 г. в 10:00, Ашар <a@city.example>:\n" + quote, "Спасибо", "пн, 23 нояб. 2026 г. в 10:00, Ашар <a@city.example>:\n" + quote},
		{"Thunderbird in Russian", "Спасибо\n\n23.11.2026 10:00, Ашар пишет:\n" + quote, "Спасибо", "23.11.2026 10:00, Ашар пишет:\n" + quote},
		{"in Kyrgyz", "Рахмат\n\nАшар 23.11.2026 10:00 жазды:\n" + quote, "Рахмат", "Ашар 23.11.2026 10:00 жазды:\n" + quote},
		{"Outlook", "Спасибо\n\n-----Исходное сообщение-----\nOт: Ашар\nсовсем не цитата", "Спасибо", "-----Исходное сообщение-----\nOт: Ашар\nсовсем не цитата"},
		{"new Outlook", "Thanks\n\nFrom: Ashar <a@city.example>\nSent: Monday\nTo: Aigul\nSubject: x\n\nold text", "Thanks", "From: Ashar <a@city.example>\nSent: Monday\nTo: Aigul\nSubject: x\n\nold text"},
		{"new Outlook in Russian", "Спасибо\n\nОт: Ашар\nОтправлено: 23 ноября\nКому: Айгуль\n\nстарое", "Спасибо", "От: Ашар\nОтправлено: 23 ноября\nКому: Айгуль\n\nстарое"},
		{"marks alone", "Да\n" + quote, "Да", quote},
		{"a signature", "Да\n-- \nАйгүл, тел. 0555", "Да", "-- \nАйгүл, тел. 0555"},
		{"a signature and a quotation", "Да\n-- \nАйгүл\n\n" + quote, "Да", "-- \nАйгүл\n\n" + quote},
		{"answers in between", "> Где яма?\nУ дома 5\n> Давно?\nС весны", "> Где яма?\nУ дома 5\n> Давно?\nС весны", ""},
		{"an answer below", quote + "\n\nСпасибо", quote + "\n\nСпасибо", ""},
		{"a quotation alone", quote, quote, ""},
		{"a colon is no attribution", "Мэр писал:\nямы засыпать", "Мэр писал:\nямы засыпать", ""},
		{"a word before a colon", "От: улица Манаса\nяма", "От: улица Манаса\nяма", ""},
		{"dashes in a long text", "a\n--\n" + strings.Repeat("b\n", 20) + "c", "a\n--\n" + strings.Repeat("b\n", 20) + "c", ""},
	}
	for _, c := range cases {
		if reply, rest := mailin.Reply(c.text); reply != c.reply || rest != c.rest {
			t.Errorf("%s: got %q and %q", c.name, reply, rest)
		}
	}
}

func FuzzReplyLosesNothing(f *testing.F) {
	f.Add("a\nOn 2026 at 10:00 x wrote:\n> b")
	f.Add("a\n-- \nb")
	f.Fuzz(func(t *testing.T, text string) {
		reply, rest := mailin.Reply(text)
		if strings.Join(strings.Fields(reply+" "+rest), " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("%q became %q and %q", text, reply, rest)
		}
		if (reply == "") != (strings.TrimSpace(text) == "") {
			t.Errorf("%q has the reply %q", text, reply)
		}
	})
}

func FuzzLettersAreReadWhateverTheyAre(f *testing.F) {
	f.Add(crlf("From: a@b\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nA: b\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <a@b>\n\n--x--"))
	f.Add(crlf(multi("mixed", "Content-Type: text/html\n\n<blockquote>a<li>b", "Content-Type: image/png; name=\"=?koi8-r?B?8Q==?=\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=")))
	f.Add([]byte("Subject: =?windows-1251?Q?=DF?=\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf1"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\na\r\n----"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := mailin.Parse(raw, mailin.Limits{Letter: 1 << 16, Text: 1 << 10, Attachment: 1 << 8, Attachments: 3})
		words := []string{l.Key, l.MessageID, l.Subject, l.Text, l.From.Name, l.From.Address, l.ReplyTo.Name}
		for _, a := range l.Attachments {
			words = append(words, a.Name)
			if strings.ContainsAny(a.Name, "/\\\x00") || a.Size > 1<<8+1 || a.TooLarge != (a.Data == nil && a.Size > 1<<8) {
				t.Errorf("an attachment is %+v", a)
			}
		}
		for _, w := range words {
			if !utf8.ValidString(w) {
				t.Errorf("no UTF-8: %q", w)
			}
		}
		if l.Key == "" || len(l.Attachments) > 3 || strings.ContainsAny(l.Subject, "\r\n") || strings.ContainsAny(l.Text, "\x00\r") {
			t.Errorf("got %+v", l)
		}
	})
}
