package i18n_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

func catalogue(t *testing.T) *i18n.Catalogue {
	t.Helper()
	c, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatalf("catalogue: %v", err)
	}
	return c
}

func TestPluralFormsFollowCLDR(t *testing.T) {
	c := catalogue(t)
	for _, x := range []struct {
		lang string
		n    int
		want string
	}{
		{"ru", 1, "1 день"},
		{"ru", 2, "2 дня"},
		{"ru", 5, "5 дней"},
		{"ru", 11, "11 дней"},
		{"ru", 21, "21 день"},
		{"ru", 104, "104 дня"},
		{"ky", 1, "1 күн"},
		{"ky", 5, "5 күн"},
		{"en", 1, "1 day"},
		{"en", 0, "0 days"},
	} {
		if got := c.Printer(x.lang).Days(x.n); got != x.want {
			t.Errorf("%s %d: %q, want %q", x.lang, x.n, got, x.want)
		}
	}
}

func TestNoneIsSaidInOtherWords(t *testing.T) {
	folder := func(text string) fstest.MapFS {
		out := fstest.MapFS{}
		for lang, forms := range map[string]string{
			"ky": `"one": "{n} үй", "other": "{n} үй"`, "ru": `"one": "{n} дом", "few": "{n} дома", "many": "{n} домов", "other": "{n} дома"`,
			"en": `"one": "{n} house", "other": "{n} houses"`,
		} {
			out[lang+"/t.json"] = &fstest.MapFile{Data: []byte(`{"t.houses": {` + text + forms + `}}`)}
		}
		return out
	}
	c, err := i18n.Load(folder(`"zero": "–", `))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "–", 1: "1 house", 3: "3 houses"} {
		if got := c.Printer("en").T("t.houses", "n", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := c.Printer("ru").T("t.houses", "n", 0); got != "–" {
		t.Errorf("ru 0: %q", got)
	}
	if _, err := i18n.Load(folder(`"two": "2", `)); err == nil {
		t.Error("a form that no language here has is taken")
	}
}

func TestFiguresAndDatesAreWrittenAsTheLanguageDoes(t *testing.T) {
	c := catalogue(t)
	day := time.Date(2026, 11, 23, 9, 5, 0, 0, time.UTC)
	for _, x := range []struct{ got, want string }{
		{c.Printer("en").Date(day), "23 November 2026"},
		{c.Printer("ru").Date(day), "23 ноября 2026"},
		{c.Printer("ky").Date(day), "23-ноябрь, 2026"},
		{c.Printer("ru").DateTime(day), "23 ноября 2026, 09:05"},
		{c.Printer("en").Number(1234567), "1,234,567"},
		{c.Printer("ru").Number(1234), "1234"},
		{c.Printer("ru").Number(-12345), "−12\u202f345"},
		{c.Printer("ky").Money(1250050, "KGS"), "12\u202f500,5 сом"},
		{c.Printer("en").Percent(0.25), "25%"},
		{c.Printer("ky").Month(2026, time.November), "ноябрь, 2026"},
		{c.Printer("ru").Month(2026, time.March), "март 2026"},
		{c.Printer("en").Month(2025, time.December), "December 2025"},
		{c.Printer("ky").DayPatterns()[10], "{d}-ноябрь"},
		{c.Printer("ru").DayPatterns()[0], "{d} января"},
		{c.Printer("en").DayPatterns()[11], "{d} December"},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}

func TestBrowserWishIsHeardAmongTheCitysLanguages(t *testing.T) {
	for header, want := range map[string]string{
		"": "ky", "de-DE,de;q=0.9": "ky", "ru-RU,ru;q=0.9,en;q=0.8": "ru", "en;q=0.5,ky;q=0.7": "ky", "fr,en-GB;q=0.3": "en",
	} {
		if got := i18n.Choose(header, i18n.Languages); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
