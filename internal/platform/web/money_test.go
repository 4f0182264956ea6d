package web

import "testing"

func TestMoneyIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 100, "12 500": 1250000, "12\u00a0500,5": 1250050, "0.07": 7, "3179847": 317984700,
	} {
		if got, ok := ParseMoney(text); !ok || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-1", "+1", "1.234", "1,", ",5", "сто", "1e5", "99999999999999999999"} {
		if got, ok := ParseMoney(text); ok {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
	for _, n := range []int64{0, 7, 50, 100, 1250050} {
		if got, ok := ParseMoney(MoneyText(n)); !ok || got != n {
			t.Errorf("%d is written %q and read %d", n, MoneyText(n), got)
		}
	}
}
