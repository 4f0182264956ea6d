package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/platform/db"
)

// TestAStormDayAtTheDesk takes a thousand calls by ten operators at once, as on
// the day of a storm; every tenth form is sent twice.
func TestAStormDayAtTheDesk(t *testing.T) {
	both(t, func(t *testing.T, a *app.App, s *httptest.Server) {
		const operators, each = 10, 100
		count := func() (n int64) {
			t.Helper()
			if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				n, err = db.One(tx, "test.calls", `SELECT COUNT(*) FROM case_file WHERE city_id = $1 AND channel = 'phone'`, db.Int64, 1)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := count()
		var mu sync.Mutex
		numbers := map[string]int{}
		var all sync.WaitGroup
		for i := range operators {
			operator := demoPerson(t, s, "1001")
			all.Go(func() {
				for k := range each {
					phone := fmt.Sprintf("0555 %d%d %02d %02d", i, i, k, k)
					form := callForm("phone", phone, "name", fmt.Sprintf("Caller %d", k),
						"lat", fmt.Sprintf("%.4f", 42.85+float64(i)*0.004), "lon", fmt.Sprintf("%.4f", 74.57+float64(k)*0.0006),
						"idempotency_key", fmt.Sprintf("call-%d-%d", i, k))
					operator.do(200, http.MethodPost, "/staff/desk/side", form)
					times := 1
					if k%10 == 0 {
						times = 2
					}
					for range times {
						page, _ := operator.do(200, http.MethodPost, "/staff/desk", form)
						m := callDone.FindStringSubmatch(page)
						if m == nil {
							t.Errorf("the call of %s has no number", phone)
							return
						}
						mu.Lock()
						numbers[m[1]]++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		if n := count() - before; n != operators*each || len(numbers) != operators*each {
			t.Errorf("%d calls became %d cases of %d numbers", operators*each, n, len(numbers))
		}
		twice := 0
		for _, n := range numbers {
			if n == 2 {
				twice++
			}
		}
		if twice != operators*each/10 {
			t.Errorf("%d forms that were sent twice got their number again, want %d", twice, operators*each/10)
		}
		// Who calls again is known.
		side, _ := demoPerson(t, s, "1001").do(200, http.MethodPost, "/staff/desk/side", callForm("phone", "+996 555 330707"))
		if !strings.Contains(side, "Caller 7") {
			t.Errorf("of the second call the desk knows %.600s", side)
		}
	})
}
