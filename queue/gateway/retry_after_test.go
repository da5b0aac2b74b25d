package gateway

import (
	"net/http"
	"testing"
	"time"
)

// When to come again may be told as a number, or as a date of the API's clock,
// which may not be ours: once a date made a pause of 8 s one of 68.
func TestRetryAfter(t *testing.T) {
	at := func(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
		told   bool
	}{
		"nothing":                          {headerOf(), 0, false},
		"seconds":                          {headerOf("retry-after", "8"), 8 * time.Second, true},
		"parts of one":                     {headerOf("retry-after", "0.5"), 500 * time.Millisecond, true},
		"none":                             {headerOf("retry-after", "0"), 0, true},
		"milliseconds first":               {headerOf("retry-after", "8", "retry-after-ms", "7500"), 7500 * time.Millisecond, true},
		"milliseconds that are none":       {headerOf("retry-after", "8", "retry-after-ms", "-1"), 8 * time.Second, true},
		"a day":                            {headerOf("retry-after", "86400"), 24 * time.Hour, true},
		"more than a day":                  {headerOf("retry-after", "1e300"), 24 * time.Hour, true},
		"more than a day, in milliseconds": {headerOf("retry-after-ms", "864000000"), 24 * time.Hour, true},
		"below zero":                       {headerOf("retry-after", "-8"), 0, false},
		"no number":                        {headerOf("retry-after", "NaN"), 0, false},
		"without end":                      {headerOf("retry-after", "Inf"), 0, false},
		"a date, no clock but ours":        {headerOf("retry-after", at(8*time.Second)), 8 * time.Second, true},
		"a date, the clock a minute ahead": {headerOf("retry-after", at(68*time.Second), "date", at(time.Minute)), 8 * time.Second, true},
		"a date, the clock a second late":  {headerOf("retry-after", at(7*time.Second), "date", at(-time.Second)), 8 * time.Second, true},
		"a date, the clock hours late":     {headerOf("retry-after", at(-3*time.Hour+8*time.Second), "date", at(-3*time.Hour)), 8 * time.Second, true},
		"a date, the clock days late":      {headerOf("retry-after", at(8*time.Second), "date", at(-72*time.Hour)), 8 * time.Second, true},
		"a date, a clock that is none":     {headerOf("retry-after", at(8*time.Second), "date", "noon"), 8 * time.Second, true},
		"a date that is over":              {headerOf("retry-after", at(-8*time.Second)), 0, true},
		"a date in the old form":           {headerOf("retry-after", noon.Add(8*time.Second).Format(time.ANSIC)), 8 * time.Second, true},
		"a date far away":                  {headerOf("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), 24 * time.Hour, true},
	} {
		if got, told := retryAfter(c.header, noon); got != c.want || told != c.told {
			t.Errorf("%s: got %v, told %v, want %v, %v", name, got, told, c.want, c.told)
		}
	}
}

// A subscription's windows last hours and days.
func TestWindowReset(t *testing.T) {
	in := func(d time.Duration) string { return unix(noon.Add(d)) }
	for name, c := range map[string]struct {
		pairs []string // after anthropic-ratelimit-unified-
		date  time.Duration
		want  time.Duration
	}{
		"nothing":                     {nil, 0, 0},
		"hours":                       {[]string{"status", "rejected", "reset", in(9000 * time.Second)}, 0, 9000 * time.Second},
		"no status":                   {[]string{"reset", in(time.Hour)}, 0, time.Hour},
		"it is not used up":           {[]string{"status", "allowed_warning", "reset", in(time.Hour)}, 0, 0},
		"days":                        {[]string{"status", "rejected", "reset", in(7 * 24 * time.Hour)}, 0, 7 * 24 * time.Hour},
		"longer than a window":        {[]string{"status", "rejected", "reset", in(9 * 24 * time.Hour)}, 0, 0},
		"in milliseconds":             {[]string{"status", "rejected", "reset", in(time.Hour) + "000"}, 0, 0},
		"over":                        {[]string{"status", "rejected", "reset", in(-time.Second)}, 0, 0},
		"no number":                   {[]string{"status", "rejected", "reset", "soon"}, 0, 0},
		"the clock a minute ahead":    {[]string{"status", "rejected", "reset", in(time.Hour)}, time.Minute, 59 * time.Minute},
		"it goes before its windows":  {[]string{"status", "rejected", "reset", in(time.Hour), "5h-reset", in(2 * time.Hour)}, 0, time.Hour},
		"the five hours":              {[]string{"status", "rejected", "5h-reset", in(2 * time.Hour)}, 0, 2 * time.Hour},
		"the seven days":              {[]string{"status", "rejected", "7d-reset", in(50 * time.Hour)}, 0, 50 * time.Hour},
		"either":                      {[]string{"status", "rejected", "5h-reset", in(2 * time.Hour), "7d-reset", in(50 * time.Hour)}, 0, 2 * time.Hour},
		"the one that is used up":     {[]string{"status", "rejected", "5h-reset", in(2 * time.Hour), "5h-utilization", "0.4", "7d-reset", in(50 * time.Hour), "7d-utilization", "1.0"}, 0, 50 * time.Hour},
		"the one that is rejected":    {[]string{"status", "rejected", "5h-reset", in(2 * time.Hour), "5h-status", "allowed", "7d-reset", in(50 * time.Hour), "7d-status", "rejected"}, 0, 50 * time.Hour},
		"windows that are not":        {[]string{"status", "allowed", "5h-reset", in(2 * time.Hour)}, 0, 0},
		"windows, nothing said of it": {[]string{"5h-reset", in(2 * time.Hour)}, 0, 0},
	} {
		h := http.Header{}
		for i := 0; i < len(c.pairs); i += 2 {
			h.Set("anthropic-ratelimit-unified-"+c.pairs[i], c.pairs[i+1])
		}
		if c.date != 0 {
			h.Set("Date", noon.Add(c.date).Format(http.TimeFormat))
		}
		if got := windowReset(h, noon); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// A spend limit holds until the 1st, by the API's clock and in UTC.
func TestUntilNextMonth(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, c := range map[string]struct {
		now, date string
		want      time.Duration
	}{
		"in a month":        {"2026-11-23T12:00:00Z", "", 7*24*time.Hour + 12*time.Hour},
		"at its end":        {"2026-11-30T23:59:59Z", "", time.Second},
		"at its beginning":  {"2026-12-01T00:00:00Z", "", 31 * 24 * time.Hour},
		"in December":       {"2026-12-31T12:00:00Z", "", 12 * time.Hour},
		"in another zone":   {"2026-12-01T01:00:00+02:00", "", time.Hour},
		"by the API's":      {"2026-12-01T00:00:30Z", "Mon, 30 Nov 2026 23:59:30 GMT", 30 * time.Second},
		"a clock of no use": {"2026-11-30T23:59:59Z", "Mon, 01 Jan 0001 00:00:00 GMT", time.Second},
	} {
		h := http.Header{}
		if c.date != "" {
			h.Set("Date", c.date)
		}
		if got := untilNextMonth(h, day(c.now)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
