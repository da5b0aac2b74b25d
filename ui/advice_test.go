package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
	"paceline/queue"
)

// adviceState is a state in which somebody waits, with some advice.
func adviceState(change func(*client.Advice)) *state {
	a := someAdvice()
	if change != nil {
		change(a)
	}
	s := &state{theme: newTheme(true, colorprofile.TrueColor, false, false), zone: time.UTC}
	s.at, s.known, s.sample = noon(), true, withAdvice(sampleOf(0, 8, time.Second), a)
	s.sample.At = noon()
	return s
}

// What the advice comes to, and how it is shown.
func TestAdviceWords(t *testing.T) {
	second := func(n float64) client.Opt[time.Duration] { return client.Some(time.Duration(n * float64(time.Second))) }
	none := client.Opt[time.Duration]{}
	for _, c := range []struct {
		name   string
		change func(*client.Advice)
		want   string
		icon   string
	}{
		{"helps", nil, "The Build tier helps most: p95 wait ≈31 s → ≈4.1 s", "·"},
		{"helps, and refuses", func(a *client.Advice) { a.Remedies = a.Remedies[5:]; a.Remedies[0].P95 = second(2) },
			"At most 3 waiting requests per user helps most: p95 wait ≈31 s → ≈2.0 s, but refuses 47", "·"},
		{"no traffic", func(a *client.Advice) { *a = client.Advice{Requests: client.Some[int64](0), P95: second(0)} }, "There was no traffic to compute from", "◌"},
		{"p95 unknown", func(a *client.Advice) { a.P95 = none }, "The endpoint does not say how long people wait", "◌"},
		{"nothing helps", func(a *client.Advice) { a.P95, a.MeasuredP95 = second(3), second(3) }, "None of the remedies would help", "▲"},
		{"none known", func(a *client.Advice) { a.Remedies = nil }, "No remedy is known for this", "▲"},
		{"none known of refusals", func(a *client.Advice) { a.Remedies, a.P95, a.MeasuredP95 = nil, second(0.1), second(0.1) }, "No remedy is known for this", "▲"},
		{"measured only", func(a *client.Advice) { *a = *calmAdvice(); a.MeasuredP95 = second(9) },
			"Cannot tell what would help, because the p95 wait was 9.0 s, and computed it would be 0.1 s", "◌"},
		{"the endpoint cannot tell", func(a *client.Advice) { *a = *doubtfulAdvice() },
			"Cannot tell what would help, because no answer of the API has told the account's limits", "◌"},
		{"waited a little", func(a *client.Advice) { *a = *calmAdvice(); a.MeasuredP95 = second(1.1) }, "No remedy is known for this", "▲"},
		{"calm", func(a *client.Advice) { *a = *calmAdvice() }, "Nobody waits long: nothing to do", "●"},
		{"calm, none measured", func(a *client.Advice) { *a = *calmAdvice(); a.MeasuredP95 = none }, "Nobody waits long: nothing to do", "●"},
	} {
		s := adviceState(c.change)
		if got, m := s.adviceWords(s.sample.Detail.Advice); got != c.want || m.icon != c.icon {
			t.Errorf("%s: got %s %q, want %s %q", c.name, m.icon, got, c.icon, c.want)
		}
	}
}

func TestBindWords(t *testing.T) {
	for kind, want := range map[string]string{
		"requests": "for requests a minute, a limit of the API", "output tokens": "for output tokens a minute, a limit of the API",
		queue.BlockedBySpacing: "for the spacing, a setting", queue.BlockedByPause: "for the end of a pause by the API",
		queue.BlockedBySlots: "for a free slot: maxInFlight calls run, a setting", queue.BlockedByOverload: "for the API, which is overloaded",
		"a\x1b[2Jb": "for ab",
	} {
		if got := bindWords(kind); got != want {
			t.Errorf("%q: got %q, want %q", kind, got, want)
		}
	}
	s := adviceState(nil)
	a := s.sample.Detail.Advice
	if now, mostly := s.bindsNow(a), s.bindsMostly(a); !strings.Contains(now, "input") || !strings.Contains(mostly, "for requests") {
		t.Errorf("got %q and %q", now, mostly)
	}
	s.sample.Waiting = client.Some(0)
	if got := s.bindsNow(a); got != "nobody waits" {
		t.Errorf("nobody waits: got %q", got)
	}
	s.sample.Waiting = client.Opt[int]{}
	a.BindsNow, a.Binds = client.Opt[string]{}, client.Opt[string]{}
	if now, mostly := s.bindsNow(a), s.bindsMostly(a); now != "–" || mostly != "–" {
		t.Errorf("unknown: got %q and %q", now, mostly)
	}
	a.P95 = client.Some(time.Duration(0))
	if got := s.bindsMostly(a); got != "–" { // 29 s were measured
		t.Errorf("nobody waited, but only as computed: got %q", got)
	}
	a.MeasuredP95 = client.Some(100 * time.Millisecond)
	if got := s.bindsMostly(a); got != "hardly anybody waited" {
		t.Errorf("nobody waited: got %q", got)
	}
}

// How far to trust what is computed.
func TestTrustWords(t *testing.T) {
	ms := func(n int64) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Millisecond) }
	none := client.Opt[time.Duration]{}
	for _, c := range []struct {
		measured, computed client.Opt[time.Duration]
		want               string
		warns              bool
	}{
		{ms(29_400), ms(31_000), "29 s measured in 58 min, ≈31 s computed: close", false},
		{ms(9_000), ms(6_000), "9.0 s measured in 58 min, ≈6.0 s computed: close", false},
		{ms(9_000), ms(5_900), "9.0 s measured in 58 min, ≈5.9 s computed: far apart", true},
		{ms(5_900), ms(9_000), "5.9 s measured in 58 min, ≈9.0 s computed: far apart", true},
		{ms(0), ms(1000), "0 s measured in 58 min, ≈1.0 s computed: close", false},
		{none, ms(0), "≈0 s computed, none measured", false},
		{ms(900), none, "0.9 s measured in 58 min, – computed", false},
		{none, none, "– computed, none measured", false},
	} {
		s := adviceState(func(a *client.Advice) { a.MeasuredP95, a.P95, a.Refused = c.measured, c.computed, client.Opt[int64]{} })
		got, style := s.trustWords(s.sample.Detail.Advice)
		if warns := style.GetForeground() == s.theme.warn.GetForeground(); got != c.want || warns != c.warns {
			t.Errorf("got %q %v, want %q %v", got, warns, c.want, c.warns)
		}
	}
	s := adviceState(func(a *client.Advice) { a.MeasuredP95, a.Refused = ms(2000), client.Opt[int64]{} })
	s.sample.Waiting = client.Some(0)
	if got, _ := s.trustWords(s.sample.Detail.Advice); got != "2.0 s measured in 58 min, ≈31 s computed: far apart" {
		t.Errorf("nobody waits now: got %q", got)
	}
	s = adviceState(nil)
	if got, _ := s.trustWords(s.sample.Detail.Advice); got != "29 s measured in 58 min, ≈31 s computed with ≈12 refused: close" {
		t.Errorf("got %q", got)
	}
}

func TestAccountWords(t *testing.T) {
	for _, c := range []struct {
		account string
		assumed client.Opt[bool]
		want    string
	}{
		{"50 requests", client.Some(false), "told by the API: 50 requests"},
		{"the Start tier", client.Some(true), "▲ only assumed: the Start tier"},
		{"50 requests", client.Opt[bool]{}, "50 requests"},
		{"", client.Some(true), "–"},
	} {
		s := adviceState(func(a *client.Advice) { a.Account, a.Assumed = client.Some(c.account), c.assumed })
		if got, _ := s.accountWords(s.sample.Detail.Advice); got != c.want {
			t.Errorf("%+v: got %q, want %q", c, got, c.want)
		}
	}
}

func TestTrafficWords(t *testing.T) {
	for _, c := range []struct {
		change func(*client.Advice)
		want   string
	}{
		{func(*client.Advice) {}, "812 requests of 14 users in the last 58 min"},
		{func(a *client.Advice) {
			a.Requests, a.Users, a.Over = client.Some[int64](1), client.Some(1), client.Some(40*time.Second)
		}, "1 request of 1 user in the last 40 s"},
		{func(a *client.Advice) { *a = client.Advice{} }, "– requests of – users in the last –"},
	} {
		s := adviceState(c.change)
		if got := s.trafficWords(s.sample.Detail.Advice); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
