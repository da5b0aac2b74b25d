package loadtest

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestPublishedLoads(t *testing.T) {
	for _, c := range []struct {
		name            string
		users, messages int
		average, max    float64
	}{
		{"light", 2, 2, 2.3, 4.8},
		{"moderate", 5, 3, 5.8, 12},
		{"heavy", 10, 2, 10.4, 25},
	} {
		p, ok := Named(c.name)
		f, published := Published(c.name)
		if !ok || !published || p.Validate() != nil {
			t.Errorf("%s: got %v, %v and %v, want a load", c.name, ok, published, p.Validate())
		}
		check(t, c.name+": users", p.Users, c.users)
		check(t, c.name+": messages", p.Messages, c.messages)
		check(t, c.name+": total", p.Total(), c.users*c.messages)
		check(t, c.name+": average", f.Average, seconds(c.average))
		check(t, c.name+": max", f.Max, seconds(c.max))
	}
	if _, ok := Named("murderous"); ok {
		t.Error("Named: got a load that nobody published")
	}
	if _, ok := Published(""); ok {
		t.Error("Published: got figures of a load without a name")
	}
}

func TestPlanValidates(t *testing.T) {
	for _, c := range []struct {
		name  string
		plan  Plan
		wrong string // the field; empty for none
	}{
		{"least", Plan{Users: 1, Messages: 1}, ""},
		{"nothing", Plan{}, "users"},
		{"too many users", Plan{Users: 10_001, Messages: 1}, "users"},
		{"no messages", Plan{Users: 1}, "messages"},
		{"too many in all", Plan{Users: 1000, Messages: 1001}, "messages"},
		{"negative gap", Plan{Users: 1, Messages: 1, Gap: -1}, "gap"},
		{"open", Plan{Users: 1, Rate: 0.5, Arrivals: 1}, ""},
		{"open without arrivals", Plan{Users: 1, Rate: 0.5}, "arrivals"},
		{"rate below zero", Plan{Users: 1, Rate: -1, Arrivals: 1}, "rate"},
		{"rate that is none", Plan{Users: 1, Rate: math.NaN(), Arrivals: 1}, "rate"},
		{"rate too high", Plan{Users: 1, Rate: 10_001, Arrivals: 1}, "rate"},
		{"too many outstanding", Plan{Users: 1, Rate: 1, Arrivals: 1, Outstanding: 10_001}, "outstanding"},
	} {
		err := c.plan.Validate()
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: got %v, want none", c.name, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), "loadtest: "+c.wrong+" is ")):
			t.Errorf("%s: got %v, want an error about %s", c.name, err, c.wrong)
		}
	}
}

func TestPlanInWords(t *testing.T) {
	for want, p := range map[string]Plan{
		"2 users × 3 messages":                   {Users: 2, Messages: 3},
		"2 users × 3 messages, 1.5 s apart":      {Users: 2, Messages: 3, Gap: 1500 * time.Millisecond},
		"1 user × 1 message":                     {Users: 1, Messages: 1},
		"30 arrivals, 0.5 a second, of 10 users": {Users: 10, Rate: 0.5, Arrivals: 30},
	} {
		check(t, "words", p.String(), want)
	}
}
