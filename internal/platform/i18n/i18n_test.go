package i18n_test

import (
	"testing"
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
