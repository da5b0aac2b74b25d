package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

func TestLaneWaits(t *testing.T) {
	s := &state{theme: newTheme(true, colorprofile.TrueColor, false, false), zone: time.FixedZone("", 3600)}
	s.sample.At = noon()
	base := func(change func(*client.Lane)) client.Lane {
		l := lane("a", "adaptive", 3, 1, 3240*time.Millisecond)
		change(&l)
		return l
	}
	for _, c := range []struct {
		lane client.Lane
		want string
	}{
		{base(func(l *client.Lane) { l.WaitsFor = client.Some("input tokens") }), "waits for input tokens, 3.2 s"},
		{base(func(l *client.Lane) { l.WaitsFor = client.Some("in\x1b[31mput") }), "waits for input, 3.2 s"},
		{base(func(l *client.Lane) { l.WaitsFor, l.InBackoff = client.Some("requests"), client.Some(2) }), "waits for requests, 3.2 s, 2 wait to retry"},
		{base(func(l *client.Lane) { l.WaitsFor, l.Rate = client.Some("the measured rate"), client.Some(118.4) }), "waits for the measured rate, 3.2 s (118 a minute)"},
		{base(func(*client.Lane) {}), "the next starts in 3.2 s"},
		{base(func(l *client.Lane) { l.Pace = client.Some("spaced") }), "waits for the spacing, 3.2 s"},
		{base(func(l *client.Lane) { l.Pace = client.Opt[string]{} }), "the next starts in 3.2 s"},
		{base(func(l *client.Lane) { l.NextStart = client.Some[time.Duration](0) }), "starts now"},
		{base(func(l *client.Lane) { l.NextStart = client.Opt[time.Duration]{} }), "waits for a free slot"},
		{base(func(l *client.Lane) { l.InBackoff = client.Some(3) }), "all that wait are tried again later"},
		{base(func(l *client.Lane) { l.Waiting = client.Some(0) }), "nobody waits"},
		{base(func(l *client.Lane) { l.Waiting = client.Opt[int]{} }), "–"},
		{base(func(l *client.Lane) {
			l.PausedUntil, l.WaitsFor = client.Some(noon().Add(151*time.Second)), client.Some("requests")
		}), "paused by the API until 15:02:31"},
		{base(func(l *client.Lane) { l.PausedUntil, l.Waiting = client.Some(noon()), client.Some(0) }), "paused by the API until 15:00:00"},
		{base(func(l *client.Lane) { l.PausedUntil = client.Some(noon().Add(24 * time.Hour)) }), "paused by the API until Tue 24 Nov 15:00:00"},
	} {
		if got, _ := s.laneStatus(c.lane); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.lane, got, c.want)
		}
	}
}

// What holds back a lane counts down, by the endpoint's clock and the time since it told it;
// in few cells the countdown stays.
func TestLaneCountdown(t *testing.T) {
	paused := lane("a", "adaptive", 3, 1, 0)
	paused.PausedUntil = client.Some(noon().Add(151 * time.Second))
	backoff := paused
	backoff.InBackoff = client.Some(2)
	overloaded, halfOpen, network := lane("b", "adaptive", 3, 1, 0), lane("c", "adaptive", 3, 1, 0), lane("d", "adaptive", 3, 1, 0)
	overloaded.Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(6), NextTry: client.Some(90 * time.Second)}
	halfOpen.Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(0), NextTry: client.Some[time.Duration](0)}
	network.Breaker = &client.LaneBreaker{Class: "network", NextTry: client.Some(1500 * time.Millisecond)}
	for _, c := range []struct {
		lane  client.Lane
		after time.Duration // the sample
		w     int
		want  string
	}{
		{paused, 0, 60, "paused by the API until 14:02:31, 2 min 31 s left"},
		{paused, 1200 * time.Millisecond, 60, "paused by the API until 14:02:31, 2 min 30 s left"},
		{paused, time.Minute, 51, "paused by the API until 14:02:31, 1 min 31 s left"},
		{paused, time.Minute, 48, "paused until 14:02:31, 1 min 31 s left"},
		{paused, time.Minute, 25, "paused, 1 min 31 s left"},
		{paused, time.Hour, 60, "paused by the API until 14:02:31, ends now"},
		{backoff, time.Minute, 70, "paused by the API until 14:02:31, 1 min 31 s left, 2 wait to retry"},
		{backoff, time.Minute, 30, "paused, 1 min 31 s left"},
		{overloaded, 0, 66, "calls stopped after 6 failures: overloaded, tries in 1 min 30 s"},
		{overloaded, 30 * time.Second, 46, "calls stopped: overloaded, tries in 1 min 00 s"},
		{overloaded, 30 * time.Second, 30, "stopped, tries in 1 min 00 s"},
		{overloaded, 88500 * time.Millisecond, 25, "stopped, tries in 2 s"},
		{overloaded, time.Hour, 60, "calls stopped after 6 failures: overloaded, tries now"},
		{halfOpen, 0, 60, "a few calls at a time are tried"},
		{network, 0, 60, "calls stopped: no connection, tries in 2 s"},
		{lane("e", "spaced", 3, 1, 1900*time.Millisecond), time.Minute, 60, "waits for the spacing, 1.9 s"},
		{lane("e", "spaced", 3, 1, 1900*time.Millisecond), 0, 20, "the spacing, 1.9 s"},
	} {
		r := newRig(t, Options{})
		r.answerPoll(sampleOf(0, 5, time.Second))
		s := r.liveState()
		s.at = s.sample.At.Add(c.after)
		if got, _ := s.laneStatusIn(c.lane, c.w); got != c.want {
			t.Errorf("%+v in %d after %v: got %q, want %q", c.lane, c.w, c.after, got, c.want)
		}
	}
}

// A countdown that is on the screen ticks, and only there.
func TestLaneCountdownTicks(t *testing.T) {
	r := newRig(t, Options{Interval: time.Minute})
	r.showLanes(someLanes())
	r.shows("2 min 21 s left") // the third poll is ten seconds later
	for range 3 {
		r.advance(time.Second)
		r.send(clockMsg{})
	}
	r.shows("2 min 18 s left")
	if !r.ticking {
		t.Error("the clock does not go on")
	}
	r.press("esc")
	before := r.View().Content
	r.advance(time.Second)
	r.send(clockMsg{})
	if r.ticking || r.View().Content != before {
		t.Error("the clock goes on where nobody reads it")
	}
}

func TestLaneLimitWords(t *testing.T) {
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	unknown := client.Opt[int64]{}
	for _, c := range []struct {
		limit             client.Limit
		free, short, full string
		share             client.Opt[float64]
	}{
		{limit("requests", 50, 38, 14_400*time.Millisecond), "38 of 50 free", "38/50", "full in 15s", client.Some(0.76)},
		{limit("requests", 50, 50, 0), "50 of 50 free", "50/50", "full", client.Some(1.0)},
		{limit("requests", 50, 48, 0), "48 of 50 free", "48/50", "full", client.Some(0.96)},
		{limit("requests", 50, 25, 0), "25 of 50 free", "25/50", "held low", client.Some(0.5)},
		{limit("requests", 50, -3, time.Minute), "overdrawn by 3", "−3/50", "full in 1m", client.Some(0.0)},
		{limit("output tokens", 8000, -1200, 69*time.Second), "overdrawn by 1,200", "−1.2k/8k", "full in 1m09s", client.Some(0.0)},
		{limit("output tokens", 10_000_000, 1_999_999, 100*time.Second), "1,999,999 of 10,000,000 free", "2M/10M", "full in 1m40s", client.Some(0.1999999)},
		{client.Limit{Kind: "k"}, "–", "–", "–", client.Opt[float64]{}},
		{client.Limit{Kind: "k", PerMinute: client.Some[int64](50), FullIn: client.Some[time.Duration](1)}, "– of 50 free", "–/50", "full in 1s", client.Opt[float64]{}},
		{client.Limit{Kind: "k", PerMinute: unknown, Free: client.Some[client.Balance](7)}, "7 free", "7", "–", client.Opt[float64]{}},
	} {
		if free, short, full, share := theme.freeWords(c.limit), theme.freeShort(c.limit), theme.fullWords(c.limit), freeShare(c.limit); free != c.free ||
			short != c.short || full != c.full || share != c.share {
			t.Errorf("%+v: got %q %q %q %v, want %q %q %q %v", c.limit, free, short, full, share, c.free, c.short, c.full, c.share)
		}
	}
	for n, want := range map[int64]string{
		0: "0", 999: "999", -999: "−999", 1000: "1k", 1234: "1.2k", 9999: "10k", 10_000: "10k", 29_999: "30k", 999_999: "1M",
		1e6: "1M", 1_250_000: "1.3M", 10_400_000: "10M", 2e9: "2G", 1e12: "1T", -1200: "−1.2k",
	} {
		if got := theme.short(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got := newTheme(true, colorprofile.TrueColor, true, false).signed(-1200); got != "-1,200" {
		t.Errorf("in ASCII: got %q", got)
	}
}

// A gauge of what nobody knows is blank, and not empty.
func TestLaneGaugeOfWhatIsNotTold(t *testing.T) {
	s := &state{theme: newTheme(true, colorprofile.TrueColor, false, false)}
	untold := client.Limit{Kind: "requests", PerMinute: client.Some[int64](50)}
	if got := s.freeGauge(client.Lane{}, untold, 20); got != strings.Repeat(" ", 20) {
		t.Errorf("got %q, want 20 blanks", got)
	}
	untold.Free = client.Some[client.Balance](0)
	if got := s.freeGauge(client.Lane{}, untold, 20); strings.TrimSpace(got) == "" || width(got) != 20 {
		t.Errorf("nothing free: got %q, want an empty gauge", got)
	}
}

// Both ends of a name that is too long are left.
func TestCutMiddle(t *testing.T) {
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	for _, c := range []struct {
		s    string
		w    int
		want string
	}{
		{"default", 7, "default"},
		{"org-5b1e2c7a/sonnet-4", 15, "org-5b1…onnet-4"},
		{"org-5b1e2c7a/sonnet-4", 16, "org-5b1…sonnet-4"},
		{"界面界面界面", 8, "界…界面"}, {"界面界面界面", 6, "界…面"},
		{"a界面界面界面", 8, "a界…界面"},
		{"abcdef", 4, "abc…"},
		{"abcdef", 0, ""},
	} {
		if got := theme.cutMiddle(c.s, c.w); got != c.want || width(got) > c.w {
			t.Errorf("%q in %d: got %q, want %q", c.s, c.w, got, c.want)
		}
	}
}

// Where all lanes are of one organization its name tells nothing, and takes the room of the
// model's.
func TestLanesOfOneOrganization(t *testing.T) {
	r := newRig(t, Options{})
	one := []client.Lane{lane("org_judge/sonnet-5-5", "adaptive", 2, 0, 0), lane("org_judge/haiku-5-5", "adaptive", 1, 0, 0)}
	r.showLanes(one)
	r.shows("  sonnet-5-5 ", "  haiku-5-5 ")
	r.hides("org_judge")
	r.answerPoll(withLanes(sampleOf(1, 3, time.Second), append(one, lane("org_other/sonnet-5-5", "adaptive", 1, 0, 0))))
	r.shows("org_judge/sonnet-5-5", "org_other/sonnet-5-5")
}

// When the next request starts, and until when the lane is held back, is one figure where it is
// one moment.
func TestTheNextStartOfALaneThatIsHeldBack(t *testing.T) {
	ms := func(n int64) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Millisecond) }
	for _, c := range []struct {
		next, try client.Opt[time.Duration]
		after     time.Duration
		want      string
	}{
		{ms(300), ms(300), 0, "1s"},
		{ms(4200), ms(4100), 2 * time.Second, "3s"},
		{ms(9000), ms(300), 0, "9s"}, // for its limits
		{ms(300), ms(0), 0, "0.3s"},
		{client.Opt[time.Duration]{}, ms(300), 0, "–"},
	} {
		l := lane("a", "adaptive", 3, 1, 0)
		l.NextStart, l.Breaker = c.next, &client.LaneBreaker{Class: "network", NextTry: c.try}
		r := newRig(t, Options{})
		r.answerPoll(sampleOf(0, 5, time.Second))
		s := r.state()
		s.at = s.sample.At.Add(c.after)
		if got := s.nextStartIn(l); got != c.want {
			t.Errorf("%+v: got %s, want %s (%s)", c, got, c.want, s.heldWords(l))
		}
	}
}
